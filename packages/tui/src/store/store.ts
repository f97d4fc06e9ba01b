import type { Info, Stats } from '@ifcast/protocol';

import { alarmsAfter } from './alarm-evaluation.ts';
import { CopyOnWrite } from './copy-on-write.ts';
import type { ConnectionEvent, DashboardEvent } from './events.ts';
import { isForgotten, isSilent, makeRoom } from './eviction.ts';
import { tellHappenings } from './happenings.ts';
import { History } from './history.ts';
import { JournalWriter } from './journal.ts';
import { NO_PEAKS, peaksAfter } from './peaks.ts';
import {
  type Connection,
  type CountedInterface,
  EMPTY_STATE,
  type Host,
  interfaceKey,
  type State,
} from './state.ts';

/** Beyond these, a publisher makes up names: what has not been heard of for long makes room, or its messages are rejected. */
const MAX_HOSTS = 4096;
const MAX_INTERFACES = 4096;

/** The state after some events. The histories in it are extended in place; everything else is new where it differs. */
export function reduce(state: State, events: readonly DashboardEvent[]): State {
  let { connection, rejected, problem, alarms, recording } = state;
  // Copied at most once for all the events of a tick.
  const hosts = new CopyOnWrite(state.hosts);
  const interfaces = new CopyOnWrite(state.interfaces);
  const stale = new CopyOnWrite(state.stale);
  const journal = new JournalWriter(state.journal);
  const known = {
    get connection() {
      return connection;
    },
    host: (name: string) => hosts.get(name),
    counted: (key: string) => interfaces.get(key),
    staleSince: (key: string) => stale.get(key),
  };
  const reject = (last: string): void => {
    rejected = { count: rejected.count + 1, last };
  };
  const changeHost = (name: string, at: number, change: Partial<Host>): void => {
    const host = hosts.get(name);
    const counted = (key: string): CountedInterface | undefined => interfaces.get(key);
    if (host === undefined && !makeRoom(hosts, MAX_HOSTS, (one) => isForgotten(one, counted, at))) {
      reject(`more than ${MAX_HOSTS} hosts`);
      return;
    }
    hosts.set(name, { ...(host ?? newHost(name)), ...change, heardAt: at });
  };

  for (const event of events) {
    tellHappenings(event, known, journal);
    switch (event.type) {
      case 'connecting':
      case 'connected':
      case 'disconnected':
        connection = connectionAfter(connection, event);
        break;
      case 'status': {
        const before = hosts.get(event.host)?.status ?? null;
        if (before === event.status) break;
        changeHost(event.host, event.at, {
          status: event.status,
          statusSince: event.retained ? null : event.at,
        });
        break;
      }
      case 'info': {
        changeHost(event.host, event.at, { info: event.info });
        for (const key of interfacesGone(interfaces.values(), event.host, event.info)) interfaces.delete(key);
        break;
      }
      case 'health':
        changeHost(event.host, event.at, { health: event.health });
        break;
      case 'removed':
        hosts.delete(event.host);
        for (const { key, host } of [...interfaces.values()]) if (host === event.host) interfaces.delete(key);
        break;
      case 'stats': {
        const key = interfaceKey(event.host, event.iface);
        const before = interfaces.get(key);
        if (before === undefined && !makeRoom(interfaces, MAX_INTERFACES, (one) => isSilent(one, event.at))) {
          reject(`more than ${MAX_INTERFACES} interfaces`);
          break;
        }
        if (!hosts.has(event.host)) changeHost(event.host, event.at, {});
        interfaces.set(key, interfaceAfter(before, event.host, event.iface, event.stats, event.at));
        stale.delete(key);
        const host = hosts.get(event.host);
        if (host !== undefined)
          alarms = alarmsAfter(alarms, host, event.iface, event.stats, event.at, journal);
        break;
      }
      case 'rejected':
        reject(`${event.topic}: ${event.reason}`);
        break;
      case 'problem':
        problem = event.text;
        if (event.ends === 'recording') recording = recording && { ...recording, ended: true };
        break;
    }
  }
  return {
    ...state,
    connection,
    hosts: hosts.map,
    interfaces: interfaces.map,
    rejected,
    problem,
    recording,
    journal: journal.journal,
    alarms,
    stale: stale.map,
  };
}

/** A state whose histories do not grow any more, to look at while the dashboard is paused. */
export function freeze(state: State): State {
  const interfaces = [...state.interfaces].map(([key, counted]): [string, CountedInterface] => {
    const histories = [...counted.histories].map(([id, history]): [string, History] => [id, history.clone()]);
    return [key, { ...counted, histories: new Map(histories) }];
  });
  return { ...state, interfaces: new Map(interfaces) };
}

/** The state of before the first event, for what is told over again. */
export function rewound({ replay, recording, alarms }: State): State {
  return {
    ...EMPTY_STATE,
    replay: replay && { ...replay, ended: false },
    recording,
    alarms: { ...alarms, pending: EMPTY_STATE.alarms.pending },
  };
}

function newHost(host: string): Host {
  return { host, heardAt: 0, status: null, statusSince: null, info: null, health: null };
}

function connectionAfter(before: Connection, event: ConnectionEvent & { at: number }): Connection {
  switch (event.type) {
    case 'connecting':
      return {
        ...before,
        phase: 'connecting',
        broker: event.broker,
        since: event.at,
        attempt: event.attempt,
        retryAt: null,
      };
    case 'connected':
      return {
        phase: 'connected',
        broker: event.broker,
        since: event.at,
        attempt: 1,
        lostAt: null,
        reason: null,
        retryAt: null,
      };
    case 'disconnected':
      return {
        phase: 'disconnected',
        broker: event.broker,
        since: event.at,
        attempt: event.attempt,
        lostAt: before.phase === 'connected' ? event.at : before.lostAt,
        reason: event.reason,
        retryAt: event.retryAt,
      };
  }
}

function interfacesGone(interfaces: Iterable<CountedInterface>, host: string, info: Info): string[] {
  const present = new Set(info.interfaces.map(({ topic }) => topic));
  return [...interfaces]
    .filter((counted) => counted.host === host && !present.has(counted.iface))
    .map(({ key }) => key);
}

function interfaceAfter(
  before: CountedInterface | undefined,
  host: string,
  iface: string,
  stats: Stats,
  at: number,
): CountedInterface {
  let histories = before?.histories;
  if (histories === undefined || stats.filters.some(({ id }) => !histories?.has(id))) {
    histories = new Map(stats.filters.map(({ id }) => [id, before?.histories.get(id) ?? new History()]));
  }
  for (const { id, bits_per_s, packets_per_s } of stats.filters) {
    if (bits_per_s === null || packets_per_s === null) continue;
    histories.get(id)?.add(at, stats.interval_ms, bits_per_s, packets_per_s);
  }
  return {
    key: interfaceKey(host, iface),
    host,
    iface,
    stats,
    previous: before?.stats ?? null,
    receivedAt: at,
    histories,
    peaks: peaksAfter(before?.peaks ?? NO_PEAKS, stats),
  };
}
