import { DaemonError } from '../../base/daemon-error.ts';
import type { Log } from '../../base/log.ts';
import type { MqttConfig } from '../../config/mqtt-settings.ts';
import type { InterfaceSnapshot } from '../../report/counts.ts';
import type { Description, OutputStatus } from '../../report/description.ts';
import type { DaemonEvent } from '../../report/event.ts';
import type { TriggerEvent } from '../../report/triggers.ts';
import type { Vitals } from '../../report/vitals.ts';
import type { Output } from '../output.ts';
import { EmbeddedBroker } from './embedded-broker.ts';

/** Publishes to a broker of our own, which it starts and stops with itself. */
export class EmbeddedPublisher implements Output {
  readonly #broker: EmbeddedBroker;
  readonly #log: Log;
  readonly #createInner: (url: string) => Output;
  #inner: Output | null = null;

  /**
   * @param mqtt - the limits of the broker, and the login that it asks for: both of a user and a password, or none
   * @param createInner - makes the publisher for the URL at which the broker listens
   */
  constructor(
    { embedded, username, password }: Pick<MqttConfig, 'embedded' | 'username' | 'password'>,
    log: Log,
    createInner: (url: string) => Output,
  ) {
    this.#broker = new EmbeddedBroker({
      limits: embedded,
      login: username === null || password === null ? null : { username, password },
      onLimit: (sentence) => log.warn(sentence),
    });
    this.#log = log;
    this.#createInner = createInner;
  }

  /** @throws {@link DaemonError} `unavailable` when no port can be had */
  async start(): Promise<void> {
    let url: string;
    try {
      ({ url } = await this.#broker.start());
    } catch (cause) {
      throw new DaemonError(
        'unavailable',
        `the embedded broker cannot listen on 127.0.0.1: ${String(cause)}`,
        { cause },
      );
    }
    // `npm start` waits for this line.
    this.#log.info(`embedded broker on ${url}`);
    this.#inner = this.#createInner(url);
    await this.#inner.start();
  }

  async stop(): Promise<void> {
    await this.#inner?.stop();
    await this.#broker.stop();
  }

  describe(description: Description): void {
    this.#inner?.describe(description);
  }

  publish(snapshots: readonly InterfaceSnapshot[]): void | Promise<void> {
    return this.#inner?.publish(snapshots);
  }

  triggered(event: TriggerEvent): void {
    this.#inner?.triggered?.(event);
  }

  happened(event: DaemonEvent): void {
    this.#inner?.happened?.(event);
  }

  health(vitals: Vitals): void {
    this.#inner?.health(vitals);
  }

  status(): OutputStatus {
    return this.#inner?.status() ?? { state: 'waiting', reason: 'not started', where: 'embedded' };
  }
}
