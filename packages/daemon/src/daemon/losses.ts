import type { InterfaceSnapshot } from '../report/counts.ts';

/** A capture that loses packets all the time is told of this often. */
const TOLD_EVERY_MS = 60_000;

/** Finds how many packets captures have lost since that was told last. */
export class Losses {
  readonly #told = new Map<string, { readonly dropped: bigint; readonly atMs: number }>();

  /** @returns how many; 0 when there are none, or none to be told of yet */
  of({ iface, monotonicMs, counts: { dropped } }: InterfaceSnapshot): bigint {
    const now = dropped ?? 0n;
    const told = this.#told.get(iface) ?? { dropped: 0n, atMs: Number.NEGATIVE_INFINITY };
    // Totals that have started again.
    const before = told.dropped > now ? 0n : told.dropped;
    if (now === before || monotonicMs - told.atMs < TOLD_EVERY_MS) return 0n;
    this.#told.set(iface, { dropped: now, atMs: monotonicMs });
    return now - before;
  }
}
