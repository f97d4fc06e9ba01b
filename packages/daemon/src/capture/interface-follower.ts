import type { InterfaceFacts } from '../sys/network-interface.ts';
import { InterfaceWatch } from './interface-watch.ts';

/** A failed step is tried again after this long: within the 3 s in which counting has to go on. */
const RETRY_MS = 1_000;

export interface InterfaceFollowerOptions {
  readonly name: string;
  readonly probe: (name: string) => InterfaceFacts | null;
  /** Brings what counts in line with the interface; `null` when there is none of that name. */
  readonly follow: (facts: InterfaceFacts | null) => Promise<void>;
  /** Told of a step that failed; the next try comes by itself. */
  readonly onFailure: (error: unknown) => void;
}

/** Follows an interface as it comes and goes, one step after the other, and tries again what has failed. */
export class InterfaceFollower {
  readonly #options: InterfaceFollowerOptions;
  readonly #watch: InterfaceWatch;
  #facts: InterfaceFacts | null = null;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Everything that opens or closes runs here, one after the other. */
  #tail: Promise<void> = Promise.resolve();

  constructor(options: InterfaceFollowerOptions) {
    this.#options = options;
    this.#watch = new InterfaceWatch(options.name, options.probe, (facts) => {
      this.#facts = facts;
      void this.#followSoon();
    });
  }

  /** What the kernel said last. */
  get facts(): InterfaceFacts | null {
    return this.#facts;
  }

  /** Begins to watch. Rejects with what the first step rejects with, having stopped. */
  async start(isFatal: (error: unknown) => boolean): Promise<void> {
    this.#facts = this.#watch.start();
    try {
      await this.enqueue(() => this.#options.follow(this.#facts));
    } catch (error) {
      if (isFatal(error)) {
        this.#end();
        throw error;
      }
      this.#fail(error);
    }
  }

  /** Ends to watch, then runs the last step. */
  async stop(last: () => Promise<void>): Promise<void> {
    this.#end();
    await this.enqueue(last);
  }

  /**
   * Looks at the interface at once, for when what counts on it has ended by itself, and follows.
   *
   * @param first - the step before
   */
  followNow(first: (facts: InterfaceFacts | null) => Promise<void>): void {
    if (this.#stopped) return;
    this.#facts = this.#watch.look();
    void this.enqueueAndFollow(() => first(this.#facts));
  }

  /** Looks at the interface at once; what follows a change comes by itself. */
  look(): InterfaceFacts | null {
    return this.#watch.look();
  }

  /** Looks more often for a while: the interface may be about to come back. */
  hurry(): void {
    if (!this.#stopped) this.#watch.hurry();
  }

  /** Runs a step after those before it. */
  enqueue<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(step);
    this.#tail = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  /** Runs a step, then follows; a step that fails is told of and tried again as any other. */
  async enqueueAndFollow(step: () => Promise<void>): Promise<void> {
    await this.enqueue(step).catch((error: unknown) => this.#fail(error));
    await this.#followSoon();
  }

  #end(): void {
    this.#stopped = true;
    this.#watch.stop();
    clearTimeout(this.#retry);
  }

  /** Never rejects. */
  async #followSoon(): Promise<void> {
    clearTimeout(this.#retry);
    try {
      await this.enqueue(async () => {
        if (!this.#stopped) await this.#options.follow(this.#facts);
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#options.onFailure(error);
    if (!this.#stopped) this.#retry = setTimeout(() => void this.#followSoon(), RETRY_MS);
  }
}
