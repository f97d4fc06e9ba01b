import type { FilterState } from '@ifcast/protocol';
import type { InterfaceSnapshot } from '../../report/counts.ts';
import { filterCounts } from './messages.ts';
import { ratesBetween } from './rates.ts';

/** Gathers the snapshots of one interface into slow states: means over the interval, and the peak within. */
export class StateWindow {
  readonly #intervalMs: number;
  #start: InterfaceSnapshot | undefined;
  #last: InterfaceSnapshot | undefined;
  /** By filter, in order; `null` while there is no rate. */
  #peaks: (number | null)[] = [];

  /** @param intervalMs - `state_interval_s`, in milliseconds */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /**
   * Takes the next snapshot.
   *
   * @returns the states when the interval is over, and when the filters are others than before or start again; otherwise
   *   `null`
   */
  add(snapshot: InterfaceSnapshot): FilterState[] | null {
    if (this.#start === undefined || !sameFilters(this.#last, snapshot)) {
      this.#begin(snapshot);
      return states(snapshot, undefined, this.#peaks);
    }
    ratesBetween(this.#last, snapshot).forEach(({ bitsPerS }, i) => {
      const peak = this.#peaks[i] ?? null;
      this.#peaks[i] = bitsPerS === null ? peak : Math.max(peak ?? 0, bitsPerS);
    });
    this.#last = snapshot;
    if (snapshot.monotonicMs - this.#start.monotonicMs < this.#intervalMs) return null;
    const result = states(snapshot, this.#start, this.#peaks);
    this.#begin(snapshot);
    return result;
  }

  #begin(snapshot: InterfaceSnapshot): void {
    this.#start = snapshot;
    this.#last = snapshot;
    this.#peaks = snapshot.counts.filters.map(() => null);
  }
}

function sameFilters(
  last: InterfaceSnapshot | undefined,
  { counts: { filters } }: InterfaceSnapshot,
): boolean {
  const before = last?.counts.filters;
  return (
    before?.length === filters.length &&
    filters.every((filter, i) => {
      const old = before[i];
      return old?.id === filter.id && old.since.getTime() === filter.since.getTime();
    })
  );
}

function states(
  snapshot: InterfaceSnapshot,
  start: InterfaceSnapshot | undefined,
  peaks: readonly (number | null)[],
): FilterState[] {
  const rates = ratesBetween(start, snapshot);
  return snapshot.counts.filters.map((totals, i) => ({
    v: 1,
    ts: snapshot.takenAt.toISOString(),
    since: totals.since.toISOString(),
    dropped_total: snapshot.counts.dropped,
    ...filterCounts(totals, rates[i]!),
    bits_per_s_max: peaks[i] ?? null,
  }));
}
