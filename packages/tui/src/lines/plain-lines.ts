import { sizeBucketLabels } from '@ifcast/protocol';

import type { DashboardEvent } from '../store/events.ts';
import { expectedIntervalMs, type Liveness, livenessOf, STATE_WORDS } from '../store/liveness.ts';
import type { State } from '../store/state.ts';
import { labelOf, targetsOf } from '../store/targets.ts';

const COLUMNS = ['TIME', 'INTERFACE', 'STATE', 'FILTER', 'PACKETS', 'BYTES', 'PACKETS/S', 'BITS/S', 'SIZES'];

/** The headings, separated by tabs. */
export const PLAIN_HEADING: string = COLUMNS.join('\t');

/** A line for every filter of a broadcast: every digit, nothing cut, the state in words, `-` for what is not known. */
export function statsLines(state: State, event: DashboardEvent & { type: 'stats' }): string[] {
  const host = state.hosts.get(event.host);
  if (host === undefined) return [];
  const liveness = livenessOf(state, host, event.iface, event.at);
  const bounds = host.info?.size_upper_bounds;
  return event.stats.filters.map((filter) => {
    const labels = bounds?.length === filter.sizes_total.length - 1 ? sizeBucketLabels(bounds) : null;
    const sizes = filter.sizes_total.map((size, index) => `${labels?.[index] ?? `#${index + 1}`}=${size}`);
    return [
      event.stats.ts,
      labelOf(host, event.iface),
      STATE_WORDS[liveness],
      host.info?.filters.find(({ id }) => id === filter.id)?.name ?? filter.id,
      filter.packets_total,
      filter.bytes_total,
      filter.packets_per_s ?? '-',
      filter.bits_per_s ?? '-',
      sizes.join(' '),
    ].join('\t');
  });
}

/** Says when an interface is not live any more, or again: one line with the state and why. */
export class StateLines {
  readonly #told = new Map<string, Liveness>();

  /** Lines for what has changed since the call before. */
  changes(state: State, now: number): string[] {
    return targetsOf(state).flatMap((target) => {
      const liveness = livenessOf(state, target.host, target.iface, now);
      const before = this.#told.get(target.key);
      this.#told.set(target.key, liveness);
      // What is live shows itself by its broadcasts.
      if (liveness === before || liveness === 'live' || liveness === 'expected') return [];
      const reason =
        liveness === 'stale' && target.counted !== null
          ? `no message, expected every ${expectedIntervalMs(target.host, target.counted)} ms`
          : (target.described?.reason ?? '');
      return [[new Date(now).toISOString(), target.label, STATE_WORDS[liveness], reason || '-'].join('\t')];
    });
  }
}

/** A line about the connection, for standard error; `null` for what is not worth one. */
export function connectionLine(event: DashboardEvent): string | null {
  switch (event.type) {
    case 'connected':
      return `connected to ${event.broker}`;
    case 'disconnected':
      return `no connection to ${event.broker}: ${event.reason}`;
    case 'rejected':
      return `message rejected: ${event.topic}: ${event.reason}`;
    case 'problem':
      return event.text;
    case 'connecting':
    case 'status':
    case 'info':
    case 'stats':
    case 'health':
    case 'removed':
      return null;
  }
}
