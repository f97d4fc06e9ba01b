import type { TriggerTotals } from './triggers.ts';

/** The totals of one filter. The packets are the sum of the sizes. */
export interface FilterTotals {
  readonly id: string;
  /** When these totals started at 0. */
  readonly since: Date;
  readonly bytes: bigint;
  /** Packets per size bucket; one more entry than upper bounds. */
  readonly sizes: readonly bigint[];
  /** Those of them that came in; `null` where the backend cannot tell. */
  readonly incoming: { readonly packets: bigint; readonly bytes: bigint } | null;
}

/** What has been counted on one interface. */
export interface InterfaceCounts {
  /** When the totals started at 0: it moves when, and only when, an id that was there starts at 0 again. */
  readonly since: Date;
  /** Packets the capture lost, `null` where the backend cannot tell. */
  readonly dropped: bigint | null;
  /** Enabled filters in the order of the configuration. */
  readonly filters: readonly FilterTotals[];
}

/** The counts of one interface at one moment. */
export interface InterfaceSnapshot {
  readonly iface: string;
  /** Wall clock, for `ts`. */
  readonly takenAt: Date;
  /** Monotonic clock in milliseconds, for intervals and rates: the wall clock may be set. */
  readonly monotonicMs: number;
  readonly counts: InterfaceCounts;
  /** In the order of the configuration; absent where there are none. */
  readonly triggers?: readonly TriggerTotals[];
}

/** The packets of a filter: the sum of its sizes. */
export function packetsOf({ sizes }: FilterTotals): bigint {
  return sizes.reduce((sum, size) => sum + size, 0n);
}
