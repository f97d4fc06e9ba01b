import type { FilterCounts, Stats } from '@ifcast/protocol';

/** What a filter counted between two broadcasts. */
export interface Change {
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly sizes: readonly bigint[];
  readonly ms: number;
}

/** What a filter of the later broadcast counted since the earlier one, `null` where they cannot be compared. */
export function changeOf(before: Stats | null, after: Stats, id: string): Change | null {
  const then = filterOf(before, id);
  const now = filterOf(after, id);
  if (before === null || then === null || now === null) return null;
  const ms = elapsedMs(before, after);
  if (ms <= 0 || then.sizes_total.length !== now.sizes_total.length) return null;
  const sizes = now.sizes_total.map((size, index) => size - then.sizes_total[index]!);
  const bytes = now.bytes_total - then.bytes_total;
  // Only totals that started again fall; the next broadcast can be compared.
  if (bytes < 0n || sizes.some((size) => size < 0n)) return null;
  return { packets: now.packets_total - then.packets_total, bytes, sizes, ms };
}

function filterOf(stats: Stats | null, id: string): FilterCounts | null {
  return stats?.filters.find((filter) => filter.id === id) ?? null;
}

/** The daemon measures its interval on a clock that cannot be set; only over lost broadcasts is `ts` better. */
export function elapsedMs(before: Stats, after: Stats): number {
  if (after.seq === before.seq + 1) return after.interval_ms;
  return Date.parse(after.ts) - Date.parse(before.ts);
}
