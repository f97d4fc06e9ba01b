import type { InterfaceState } from '@ifcast/protocol';

import type { CountedInterface, Host, State } from './state.ts';

/**
 * How an interface is doing.
 *
 * `live`: broadcasts come; `replay`: they come, from a capture file or a recording; `stale`: they have stopped; `offline`: the daemon is;
 * `lost`: the connection to the broker is; `waiting`, `failed`: what the daemon says of the interface; `expected`: no
 * broadcast has come yet.
 */
export type Liveness =
  | 'live'
  | 'replay'
  | 'stale'
  | 'offline'
  | 'lost'
  | 'expected'
  | Exclude<InterfaceState, 'counting'>;

/** The words of the states. */
export const STATE_WORDS: Readonly<Record<Liveness, string>> = {
  live: 'live',
  replay: 'replay',
  stale: 'stale',
  offline: 'offline',
  lost: 'broker lost',
  waiting: 'waiting',
  failed: 'failed',
  expected: 'no data yet',
};

/** What each state means, for the help and the manual page: the word alone does not say it. */
export const STATE_MEANINGS: Readonly<Record<Liveness, string>> = {
  live: 'broadcasts come',
  replay: 'they come from a capture file or a recording, not from the network',
  stale: 'none has come for four intervals; the daemon is still said to be online',
  offline: 'the daemon said goodbye, or the broker published its last will',
  lost: 'there is no connection to the broker',
  waiting: 'the daemon waits for the interface; it says why',
  failed: 'the daemon cannot count the interface; it says why',
  expected: 'the daemon is known, nothing has been broadcast yet',
};

export const MIN_STALE_MS = 2_000;
/** Broadcasts that may be missing before an interface is stale. */
export const STALE_INTERVALS = 4;

/** How the interface with these topic levels is doing at `now`. */
export function livenessOf(state: State, host: Host, iface: string, now: number): Liveness {
  const known = state.interfaces.get(`${host.host}/${iface}`);
  if (state.connection.lostAt !== null) return 'lost';
  if (host.status === 'offline') return 'offline';
  const described = host.info?.interfaces.find(({ topic }) => topic === iface);
  if (described !== undefined && described.state !== 'counting') return described.state;
  if (known === undefined) return 'expected';
  // After an outage of the broker the wait starts again.
  const silentSince = Math.max(known.receivedAt, state.connection.since);
  if (now - silentSince > staleAfterMs(host, known)) return 'stale';
  return state.replay !== null || described?.backend === 'file' ? 'replay' : 'live';
}

/** Whether the rates that were told last still hold. */
export function isLive(liveness: Liveness): boolean {
  return liveness === 'live' || liveness === 'replay';
}

/**
 * Up to when the history of an interface is drawn: while it is live, up to its last broadcast, so that the newest cell is
 * not empty until the next one; then up to now, so that the gap is seen.
 */
export function historyEnd(liveness: Liveness, counted: CountedInterface | null, now: number): number {
  return counted !== null && isLive(liveness) ? counted.receivedAt - 1 : now;
}

/** How often the daemon means to broadcast, in milliseconds. */
export function expectedIntervalMs(host: Host, counted: CountedInterface): number {
  return host.info?.delay_ms ?? counted.stats.interval_ms;
}

/** How long an interface may be silent before it is stale, in milliseconds. */
export function staleAfterMs(host: Host, counted: CountedInterface): number {
  return Math.max(MIN_STALE_MS, STALE_INTERVALS * expectedIntervalMs(host, counted));
}
