import type { SizeCounts, Traffic } from '@ifcast/filter';

import type { FilterTotals, InterfaceCounts } from '../report/counts.ts';
import type { CaptureFilter } from './capture-source.ts';

interface Entry {
  readonly filter: CaptureFilter;
  readonly since: Date;
  bytes: bigint;
  sizes: bigint[];
  incoming: Traffic | null;
}

/** What a backend can tell beside packets and bytes. */
export interface Told {
  /** How many packets it lost. */
  readonly losses: boolean;
  /** Which packets came in. */
  readonly directions: boolean;
}

/** The totals of one interface. They only grow; what counts beneath them may be restarted at any time. */
export class Totals {
  readonly #now: () => Date;
  #bounds: readonly number[];
  #entries: Entry[];
  /** Every filter that was ever counted with these bounds. */
  readonly #known = new Map<string, Entry>();
  #since: Date;
  readonly #told: Told;
  dropped: bigint | null;

  constructor(
    filters: readonly CaptureFilter[],
    bounds: readonly number[],
    told: Told,
    now: () => Date = () => new Date(),
  ) {
    this.#told = told;
    this.#now = now;
    this.#bounds = bounds;
    this.#since = now();
    this.#entries = filters.map((filter) => this.#zero(filter, this.#since));
    this.dropped = told.losses ? 0n : null;
  }

  /** Adds what has been counted since the last call for one filter. */
  add(filterIndex: number, { bytes, sizes, incoming }: SizeCounts): void {
    const entry = this.#entries[filterIndex];
    if (entry === undefined || sizes.length !== entry.sizes.length) {
      throw new RangeError(`counts of filter ${filterIndex} with ${sizes.length} buckets fit no total`);
    }
    entry.bytes += bytes;
    entry.sizes = entry.sizes.map((size, bucket) => size + sizes[bucket]!);
    if (entry.incoming !== null && incoming !== null) {
      entry.incoming = {
        packets: entry.incoming.packets + incoming.packets,
        bytes: entry.incoming.bytes + incoming.bytes,
      };
    }
  }

  /** The totals now. */
  read(): InterfaceCounts {
    return {
      since: this.#since,
      dropped: this.dropped,
      filters: this.#entries.map(
        ({ filter, since, bytes, sizes, incoming }): FilterTotals => ({
          id: filter.id,
          since,
          bytes,
          sizes: [...sizes],
          incoming,
        }),
      ),
    };
  }

  /**
   * Goes over to other filters. One whose id and expression stay keeps its totals, also over a time in which it was away;
   * the rest start at 0. The interface's `since` moves when an id that was known starts again, which other bounds make of
   * all.
   */
  replace(filters: readonly CaptureFilter[], bounds: readonly number[]): void {
    const now = this.#now();
    const sameBounds = String(bounds) === String(this.#bounds);
    this.#bounds = bounds;
    for (const entry of this.#entries) this.#known.set(entry.filter.id, entry);
    this.#entries = filters.map((filter) => {
      const entry = this.#known.get(filter.id);
      if (entry === undefined) return this.#zero(filter, now);
      if (sameBounds && entry.filter.expression === filter.expression) return entry;
      this.#since = now;
      return this.#zero(filter, now);
    });
    if (!sameBounds) this.#known.clear();
  }

  #zero(filter: CaptureFilter, since: Date): Entry {
    const sizes = new Array<bigint>(this.#bounds.length + 1).fill(0n);
    const incoming = this.#told.directions ? { packets: 0n, bytes: 0n } : null;
    return { filter, since, bytes: 0n, sizes, incoming };
  }
}
