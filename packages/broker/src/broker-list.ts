import { BrokerError } from './broker-error.ts';
import type { BrokerSettings } from './broker-settings.ts';
import { type BrokerAddress, parseBrokerUrl } from './broker-url.ts';
import { VersionChoice } from './protocol-version.ts';

/** One broker and what has been learnt of it. */
export interface Broker {
  readonly address: BrokerAddress;
  readonly version: VersionChoice;
  /** It takes retained messages. */
  retains: boolean;
}

/** The brokers, gone through in order and around again. */
export class BrokerList {
  readonly #brokers: readonly Broker[];
  #index = 0;
  /** In a row, over all brokers. */
  #failures = 0;

  /** @throws {@link BrokerError} `url` for one that cannot be used, or none */
  constructor(urls: readonly string[], version: BrokerSettings['version']) {
    if (urls.length === 0) throw new BrokerError('url', 'no broker is named: give at least one');
    this.#brokers = urls.map((url) => ({
      address: parseBrokerUrl(url),
      version: new VersionChoice(version),
      retains: true,
    }));
  }

  get current(): Broker {
    return this.#brokers[this.#index]!;
  }

  /** Whether the current one need not be waited for long: there are others, not all of which have failed yet. */
  get hasUntried(): boolean {
    return this.#brokers.length > 1 && this.#failures <= this.#brokers.length;
  }

  /** The current one was good for a while: the next failure is the first again. */
  succeeded(): void {
    this.#failures = 0;
  }

  /**
   * Goes on to the next one.
   *
   * @returns how often all of them have failed in a row: wait so many times; 0 when the next one can be tried at once
   */
  next(): number {
    this.#failures++;
    this.#index = (this.#index + 1) % this.#brokers.length;
    const rounds = this.#failures / this.#brokers.length;
    return Number.isInteger(rounds) ? rounds : 0;
  }
}
