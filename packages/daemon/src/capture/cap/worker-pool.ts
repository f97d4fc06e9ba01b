import { CountingWorker } from './counting-worker.ts';

/** So long after one was taken the next is made: its start is not to slow down what the other has to do. */
const REFILL_MS = 100;

/**
 * Makes workers, and keeps one ready while anybody may need it: a process takes a quarter of a second to start, in which
 * packets would pass uncounted whenever an interface has been down.
 */
export class WorkerPool {
  readonly #entry: string;
  #spare: CountingWorker | null = null;
  #users = 0;
  #refill: NodeJS.Timeout | undefined;

  /** @param entry - path of the worker's bundle */
  constructor(entry: string) {
    this.#entry = entry;
  }

  /** Somebody will need workers. */
  join(): void {
    this.#users++;
  }

  /** And needs none any more. */
  async leave(): Promise<void> {
    this.#users--;
    if (this.#users > 0) return;
    clearTimeout(this.#refill);
    const spare = this.#spare;
    this.#spare = null;
    await spare?.end();
  }

  /** A worker that counts nothing yet. */
  take(): CountingWorker {
    const spare = this.#spare?.isAlive ? this.#spare : null;
    if (spare === null) void this.#spare?.end();
    this.#spare = null;
    clearTimeout(this.#refill);
    this.#refill = setTimeout(() => {
      if (this.#users > 0) this.#spare ??= new CountingWorker(this.#entry);
    }, REFILL_MS);
    return spare ?? new CountingWorker(this.#entry);
  }
}
