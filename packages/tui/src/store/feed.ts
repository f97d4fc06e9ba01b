import type { DashboardEvent } from './events.ts';

/** Keeps events until somebody listens, then hands them on. */
export class Feed {
  #early: DashboardEvent[] = [];
  #ended = false;
  #listener: { push: (event: DashboardEvent) => void; end: () => void } | null = null;

  push(event: DashboardEvent): void {
    if (this.#listener === null) this.#early.push(event);
    else this.#listener.push(event);
  }

  /** No more events come. */
  end(): void {
    this.#ended = true;
    this.#listener?.end();
  }

  /** Hands over the events so far and all that follow. */
  listen(push: (event: DashboardEvent) => void, end: () => void): void {
    this.#listener = { push, end };
    for (const event of this.#early) push(event);
    this.#early = [];
    if (this.#ended) end();
  }
}
