import type { FilterCounts, Stats } from '@ifcast/protocol';

import { elapsedMs } from './change.ts';

/** The rates of what came in and of what went out. */
export interface Directions {
  readonly inBitsPerS: number;
  readonly outBitsPerS: number;
}

/** What came in and went out between two broadcasts; `null` where the daemon does not tell it, or totals began again. */
export function directionsOf(before: Stats | null, after: Stats, filter: FilterCounts): Directions | null {
  const then = before?.filters.find(({ id }) => id === filter.id);
  if (before === null || then?.bytes_in_total == null || filter.bytes_in_total === null) return null;
  const ms = elapsedMs(before, after);
  const bytes = filter.bytes_total - then.bytes_total;
  const bytesIn = filter.bytes_in_total - then.bytes_in_total;
  if (ms <= 0 || bytesIn < 0n || bytes < bytesIn) return null;
  const bitsPerS = (amount: bigint): number => (Number(amount) * 8_000) / ms;
  return { inBitsPerS: bitsPerS(bytesIn), outBitsPerS: bitsPerS(bytes - bytesIn) };
}
