import type { FilterCounts, Health, Stats } from '@ifcast/protocol';

import type { FilterTotals } from '../../capture/capture-source.ts';
import type { DaemonVitals, InterfaceSnapshot } from '../output.ts';
import { packetsOf, type Rates, ratesBetween } from './rates.ts';

/** The totals and rates of one filter as they travel. */
export function filterCounts(totals: FilterTotals, { packetsPerS, bitsPerS }: Rates): FilterCounts {
  return {
    id: totals.id,
    packets_total: packetsOf(totals),
    bytes_total: totals.bytes,
    sizes_total: totals.sizes,
    packets_per_s: packetsPerS,
    bits_per_s: bitsPerS,
  };
}

/**
 * The broadcast of one interface.
 *
 * @param previous - the snapshot of the message before this one; without it `interval_ms` is 0 and the rates are `null`
 */
export function statsMessage(
  snapshot: InterfaceSnapshot,
  previous: InterfaceSnapshot | undefined,
  seq: number,
): Stats {
  const { takenAt, monotonicMs, counts } = snapshot;
  const rates = ratesBetween(previous, snapshot);
  return {
    v: 1,
    ts: takenAt.toISOString(),
    seq,
    interval_ms: previous === undefined ? 0 : Math.round(monotonicMs - previous.monotonicMs),
    since: counts.since.toISOString(),
    dropped_total: counts.dropped,
    filters: counts.filters.map((totals, i) => filterCounts(totals, rates[i]!)),
  };
}

/** What the publisher knows of its connection, for `health`. */
export interface ConnectionVitals {
  readonly reconnects: number;
  readonly skipped: number;
  /** `null` or one sentence. */
  readonly problem: string | null;
}

/** The daemon itself. */
export function healthMessage(vitals: DaemonVitals, connection: ConnectionVitals, now: Date): Health {
  return {
    v: 1,
    ts: now.toISOString(),
    uptime_s: Math.round(vitals.uptimeS),
    rss_bytes: vitals.rssBytes,
    event_loop_lag_ms_p99: Math.round(vitals.eventLoopLagMsP99 * 10) / 10,
    mqtt_reconnects_total: connection.reconnects,
    mqtt_skipped_total: connection.skipped,
    capture_restarts_total: vitals.captureRestarts,
    problem: vitals.problem ?? connection.problem,
  };
}
