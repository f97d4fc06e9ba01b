import {
  type FilterCounts,
  type Health,
  type HostEvent,
  type Info,
  type Stats,
  type TriggerFiring,
  topicLevel,
} from '@ifcast/protocol';

import { type FilterTotals, type InterfaceSnapshot, packetsOf } from '../../report/counts.ts';
import type { Description } from '../../report/description.ts';
import type { DaemonEvent } from '../../report/event.ts';
import type { TriggerEvent } from '../../report/triggers.ts';
import type { Vitals } from '../../report/vitals.ts';
import { type Rates, ratesBetween } from './rates.ts';

/** Who counts what, how. */
export function infoMessage(description: Description): Info {
  return {
    v: 1,
    app: 'ifcast',
    version: description.version,
    host: description.host,
    boot_id: description.bootId,
    started_at: description.startedAt.toISOString(),
    delay_ms: description.delayMs,
    state_interval_s: description.stateIntervalS,
    size_upper_bounds: description.sizeUpperBounds,
    filters: description.filters.map(({ id, name, expression }) => ({ id, name, expression })),
    interfaces: description.interfaces.map(
      ({ name, backend, hook, packet, linkType, state, reason, notes, gap, linkSpeed }) => ({
        name,
        topic: topicLevel(name),
        backend,
        hook,
        packet,
        link_type: linkType,
        state,
        reason,
        notes,
        gap: gap && { from: gap.from.toISOString(), to: gap.to.toISOString(), total_ms: gap.totalMs },
        link_mbit_per_s: linkSpeed,
      }),
    ),
    outputs: description.outputs.map(({ name, where, state, reason }) => ({ name, where, state, reason })),
    triggers: description.triggers.map(({ id, filter }) => ({ id, filter })),
  };
}

/** The totals and rates of one filter as they travel. */
export function filterCounts(totals: FilterTotals, { packetsPerS, bitsPerS }: Rates): FilterCounts {
  return {
    id: totals.id,
    packets_total: packetsOf(totals),
    bytes_total: totals.bytes,
    packets_in_total: totals.incoming?.packets ?? null,
    bytes_in_total: totals.incoming?.bytes ?? null,
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
export function healthMessage(vitals: Vitals, connection: ConnectionVitals, now: Date): Health {
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

/** A trigger has fired, or its command has ended. */
export function triggerMessage(event: TriggerEvent): TriggerFiring {
  return {
    v: 1,
    event_type: event.type,
    ts: event.at.toISOString(),
    packets: event.packets,
    bytes: event.bytes,
    packets_total: event.packetsTotal,
    suppressed_total: event.suppressedTotal,
    exit: event.exit,
  };
}

/** Something has happened. */
export function eventMessage({ at, code, iface, text }: DaemonEvent): HostEvent {
  return { v: 1, ts: at.toISOString(), code, interface: iface, text };
}
