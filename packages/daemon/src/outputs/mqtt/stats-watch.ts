/** A broadcast that was sent while the watch was open has to be back after this time, in milliseconds. */
const BACK_MS = 5000;
/** Broadcasts that are waited for at most: beyond, nothing comes back, and nothing can be told apart. */
const MAX_AWAITED = 256;

/**
 * Watches what comes back on the topics of one's own broadcasts, from a subscription to them on: whether the broker lets
 * one's own through, which MQTT 3.1.1 does not say, and whether there are others.
 *
 * @param now - monotonic clock in milliseconds
 */
export class StatsWatch {
  readonly #now: () => number;
  #isOpen = false;
  readonly #awaited = new Set<string>();
  /** By topic: when the first one was sent. */
  readonly #sentAtMs = new Map<string, number>();
  readonly #back = new Set<string>();

  constructor(now: () => number) {
    this.#now = now;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Begins: the subscription has just been asked for, and what is sent from now on comes back. */
  open(): void {
    this.close();
    this.#isOpen = true;
  }

  /** Ends, with the subscription or with the connection. */
  close(): void {
    this.#isOpen = false;
    this.#awaited.clear();
    this.#sentAtMs.clear();
    this.#back.clear();
  }

  /** A broadcast of our own goes out. */
  sent(topic: string, payload: string): void {
    if (!this.#isOpen) return;
    if (!this.#sentAtMs.has(topic)) this.#sentAtMs.set(topic, this.#now());
    if (this.#awaited.size <= MAX_AWAITED) this.#awaited.add(payload);
  }

  /** A broadcast came in. Returns whether it is certain that somebody else has sent it. */
  received(topic: string, payload: string): boolean {
    if (!this.#isOpen) return false;
    if (!this.#awaited.delete(payload)) return this.#awaited.size <= MAX_AWAITED;
    this.#back.add(topic);
    return false;
  }

  /** The topics on which nothing has come back though it should have. */
  get missing(): string[] {
    const late = this.#now() - BACK_MS;
    return [...this.#sentAtMs]
      .filter(([topic, at]) => at <= late && !this.#back.has(topic))
      .map(([topic]) => topic);
  }

  /** Whether there is a topic, and something has come back on each. */
  get isComplete(): boolean {
    return this.#back.size > 0 && this.#back.size === this.#sentAtMs.size;
  }
}
