import { type InterfaceSnapshot, packetsOf } from '../../report/counts.ts';

/** Mean rates of one filter between two snapshots; `null` when there is nothing to compare with. */
export interface Rates {
  readonly packetsPerS: number | null;
  readonly bitsPerS: number | null;
}

const UNKNOWN: Rates = { packetsPerS: null, bitsPerS: null };

/**
 * The rates of every filter of `later` since `earlier`, in the order of `later`.
 *
 * A filter that is new, or whose totals started again in between, has none.
 */
export function ratesBetween(earlier: InterfaceSnapshot | undefined, later: InterfaceSnapshot): Rates[] {
  const elapsedMs = earlier === undefined ? 0 : later.monotonicMs - earlier.monotonicMs;
  if (earlier === undefined || elapsedMs <= 0) return later.counts.filters.map(() => UNKNOWN);
  const before = new Map(earlier.counts.filters.map((filter) => [filter.id, filter]));
  return later.counts.filters.map((filter) => {
    const old = before.get(filter.id);
    if (old === undefined || old.since.getTime() !== filter.since.getTime()) return UNKNOWN;
    return {
      packetsPerS: perSecond(packetsOf(filter) - packetsOf(old), elapsedMs),
      bitsPerS: perSecond(8n * (filter.bytes - old.bytes), elapsedMs),
    };
  });
}

/** To the thousandth, so that a payload does not carry digits that mean nothing. */
function perSecond(difference: bigint, elapsedMs: number): number {
  return Math.round((Number(difference) * 1_000_000) / elapsedMs) / 1000;
}
