import type { FilterCounts } from '@ifcast/protocol';
import type { View } from '../input/view.ts';
import { type Change, changeOf } from '../store/change.ts';
import { type Directions, directionsOf } from '../store/directions.ts';
import type { History } from '../store/history.ts';
import { isLive, type Liveness } from '../store/liveness.ts';
import { type Peak, peakOf } from '../store/peaks.ts';
import type { CountedInterface, Host } from '../store/state.ts';

/** One filter of an interface, as every pane shows it. */
export interface FilterRow {
  readonly id: string;
  readonly name: string;
  /** The tcpdump expression; `null` until the daemon has told it. */
  readonly expression: string | null;
  /** Since the start of the totals, or since they were set to zero here; `null` before the first broadcast. */
  readonly totals: Totals | null;
  /** What the last two broadcasts differ by; `null` when that is unknown or does not hold any more. */
  readonly change: Change | null;
  /** `null` when they are unknown or do not hold any more. */
  readonly packetsPerS: number | null;
  readonly bitsPerS: number | null;
  /** The largest rates between two broadcasts; `null` while none is known. */
  readonly peak: Peak | null;
  /** Rates of what came in and of what went out; `null` where the daemon cannot tell them apart. */
  readonly directions: Directions | null;
  readonly history: History | null;
}

export interface Totals {
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly sizes: readonly bigint[];
}

/** The filters of an interface in the order of the daemon's configuration. */
export function filterRows(
  host: Host,
  counted: CountedInterface | null,
  liveness: Liveness,
  zero: View['zero'],
): FilterRow[] {
  const described = new Map(host.info?.filters.map((filter) => [filter.id, filter]));
  if (counted === null) {
    return [...described.values()].map(({ id, name, expression }) => ({
      id,
      name,
      expression,
      totals: null,
      change: null,
      packetsPerS: null,
      bitsPerS: null,
      peak: null,
      directions: null,
      history: null,
    }));
  }
  const base = zero?.interfaces.get(counted.key);
  const live = isLive(liveness);
  return counted.stats.filters.map((filter) => ({
    id: filter.id,
    name: described.get(filter.id)?.name ?? filter.id,
    expression: described.get(filter.id)?.expression ?? null,
    totals: totalsSince(filter, base),
    change: live ? changeOf(counted.previous, counted.stats, filter.id) : null,
    packetsPerS: live ? filter.packets_per_s : null,
    bitsPerS: live ? filter.bits_per_s : null,
    peak: peakOf(counted, filter.id, zero !== null),
    directions: live ? directionsOf(counted.previous, counted.stats, filter) : null,
    history: counted.histories.get(filter.id) ?? null,
  }));
}

function totalsSince(filter: FilterCounts, zero: CountedInterface | undefined): Totals {
  const totals = { packets: filter.packets_total, bytes: filter.bytes_total, sizes: filter.sizes_total };
  const base = zero?.stats.filters.find(({ id }) => id === filter.id);
  if (base === undefined || base.sizes_total.length !== totals.sizes.length) return totals;
  const sizes = totals.sizes.map((size, index) => size - base.sizes_total[index]!);
  const bytes = totals.bytes - base.bytes_total;
  // They have started again since.
  if (bytes < 0n || sizes.some((size) => size < 0n)) return totals;
  return { packets: totals.packets - base.packets_total, bytes, sizes };
}
