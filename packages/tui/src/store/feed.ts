import type { DashboardEvent } from './events.ts';

/** Who takes the events of a feed. */
export interface FeedListener {
  push(event: DashboardEvent): void;
  /** No more events come, unless a recording is gone back in. */
  end(): void;
  /** What follows begins anew, earlier in a recording: nothing that was known holds any more. */
  rewind(): void;
}

/** Keeps events until somebody listens, then hands them on. */
export class Feed {
  #early: DashboardEvent[] = [];
  #ended = false;
  #listener: FeedListener | null = null;

  push(event: DashboardEvent): void {
    if (this.#listener === null) this.#early.push(event);
    else this.#listener.push(event);
  }

  end(): void {
    this.#ended = true;
    this.#listener?.end();
  }

  rewind(): void {
    this.#early = [];
    this.#ended = false;
    this.#listener?.rewind();
  }

  /** Hands over the events so far and all that follow. */
  listen(listener: FeedListener): void {
    this.#listener = listener;
    for (const event of this.#early) listener.push(event);
    this.#early = [];
    if (this.#ended) listener.end();
  }
}
