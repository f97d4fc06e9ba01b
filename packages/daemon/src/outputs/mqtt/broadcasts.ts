import type { IncomingMessage } from '@ifcast/broker';
import { decodePayload, parseStats } from '@ifcast/protocol';

import type { MqttConnection } from './mqtt-connection.ts';
import { StatsWatch } from './stats-watch.ts';

/**
 * The way of `stats` to the broker and back: finds out whether the broker takes them, on MQTT 5 by its answer to the first
 * one, on 3.1.1 by whether they come back; and tells those of others from our own.
 */
export class Broadcasts {
  readonly #connection: MqttConnection;
  readonly #watch: StatsWatch;
  /** Those of all interfaces: what is before the interface, and what is behind it. */
  readonly #before: string;
  readonly #after = '/stats';
  /** Topics that the broker has answered for, in this connection. */
  readonly #answered = new Set<string>();
  #isAsking = false;

  /**
   * @param root - `<base>/<host>`
   * @param now - monotonic clock in milliseconds
   */
  constructor(connection: MqttConnection, root: string, now: () => number) {
    this.#connection = connection;
    this.#before = `${root}/`;
    this.#watch = new StatsWatch(now);
  }

  /** A connection begins: nothing is known of the broker. */
  connected(): void {
    this.#watch.close();
    this.#answered.clear();
    this.#isAsking = false;
    // MQTT 3.1.1 has no word for a message that is refused.
    if (this.#connection.version === 4) this.watch();
  }

  /** Listens for broadcasts of others. */
  watch(): void {
    if (this.#watch.isOpen) return;
    this.#connection.subscribe(this.#all, true);
    this.#watch.open();
  }

  unwatch(): void {
    if (!this.#watch.isOpen) return;
    this.#watch.close();
    this.#connection.unsubscribe(this.#all);
  }

  send(topic: string, payload: string): void {
    this.#watch.sent(topic, payload);
    const message = { topic, payload, retain: false, json: true };
    // One at a time: some brokers allow few without an answer.
    if (this.#connection.version === 4 || this.#isAsking || this.#answered.has(topic)) {
      this.#connection.publish({ ...message, qos: 0 });
      return;
    }
    this.#isAsking = true;
    const answered = (): void => {
      this.#isAsking = false;
      this.#answered.add(topic);
    };
    this.#connection.publish({ ...message, qos: 1 }, answered, answered);
  }

  /** Whether a topic is one of those that are watched. */
  isWatched(topic: string): boolean {
    return this.#watch.isOpen && topic.startsWith(this.#before) && topic.endsWith(this.#after);
  }

  /** The time of a broadcast that somebody else has just sent, in milliseconds; `null` for any other message. */
  foreignTimeMs({ topic, payload, retained }: IncomingMessage): number | null {
    if (!this.#watch.received(topic, Buffer.from(payload).toString()) || retained) return null;
    try {
      return Date.parse(parseStats(decodePayload(payload)).ts);
    } catch {
      return null;
    }
  }

  /**
   * Tells what does not come back. What is well is watched no longer.
   *
   * @param keepWatching - others are listened for
   */
  check(keepWatching: boolean): void {
    const mustComeBack = this.#connection.version === 4;
    for (const topic of mustComeBack ? this.#watch.missing : []) {
      this.#connection.tellOnce(
        topic,
        `what is published on ${topic} does not come back: the broker may refuse it; allow the user to write and read it (docs/brokers.md, Login)`,
      );
    }
    if (!keepWatching && (!mustComeBack || this.#watch.isComplete)) this.unwatch();
  }

  get #all(): string {
    return `${this.#before}+${this.#after}`;
  }
}
