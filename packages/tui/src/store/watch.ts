import { alarmsOfLive } from './alarm-evaluation.ts';
import { JournalWriter, seconds } from './journal.ts';
import { isLive, livenessOf, staleAfterMs } from './liveness.ts';
import type { CountedInterface, State } from './state.ts';
import { labelOf } from './targets.ts';

/**
 * What only time tells: interfaces whose broadcasts have stopped become stale, and alarms end where rates are not known.
 * To be called about once a second, and before a frame that follows.
 *
 * @returns the same state where nothing has changed
 */
export function watch(state: State, now: number): State {
  const journal = new JournalWriter(state.journal);
  const stale = staleAt(state, now, journal);
  const alarms = alarmsOfLive(state.alarms, (key) => isLiveAt(state, key, now), now, journal);
  if (stale === state.stale && alarms === state.alarms) return state;
  return { ...state, stale, alarms, journal: journal.journal };
}

function staleAt(state: State, now: number, journal: JournalWriter): State['stale'] {
  const ended = [...state.stale].filter(([key]) => !canBeStale(state, state.interfaces.get(key)));
  const begun = [...state.interfaces.values()].filter((counted) => isNewlyStale(state, counted, now));
  if (ended.length === 0 && begun.length === 0) return state.stale;
  const stale = new Map(state.stale);
  for (const [key] of ended) stale.delete(key);
  for (const { key, host, iface, receivedAt } of begun) {
    stale.set(key, receivedAt);
    const subject = labelOf(state.hosts.get(host)!, iface);
    const text = `no broadcast has come for ${seconds(now - receivedAt)}`;
    journal.write({ at: now, kind: 'stale', subject, text });
  }
  return stale;
}

/** What is offline or behind a lost broker is that, and not stale. */
function canBeStale(state: State, counted: CountedInterface | undefined): boolean {
  if (counted === undefined || state.connection.lostAt !== null) return false;
  return state.hosts.get(counted.host)?.status !== 'offline';
}

/** Cheap for the many that are not: asked of every interface, every second. */
function isNewlyStale(state: State, counted: CountedInterface, now: number): boolean {
  const host = state.hosts.get(counted.host);
  if (host === undefined || state.stale.has(counted.key)) return false;
  if (now - counted.receivedAt <= staleAfterMs(host, counted)) return false;
  return livenessOf(state, host, counted.iface, now) === 'stale';
}

function isLiveAt(state: State, key: string, now: number): boolean {
  const counted = state.interfaces.get(key);
  const host = counted && state.hosts.get(counted.host);
  return host !== undefined && isLive(livenessOf(state, host, counted!.iface, now));
}
