import type { Info, InfoInterface, Stats } from '@ifcast/protocol';

import type { DashboardEvent } from './events.ts';
import { type JournalWriter, seconds } from './journal.ts';
import { type Connection, type CountedInterface, type Host, interfaceKey } from './state.ts';
import { labelOf } from './targets.ts';

/** What was known before an event. */
export interface Known {
  readonly connection: Connection;
  /** By topic level. */
  host(name: string): Host | undefined;
  counted(key: string): CountedInterface | undefined;
  /** Since when the interface with this key has been told to be stale. */
  staleSince(key: string): number | undefined;
}

/** Writes into the journal what an event tells that was not known before. */
export function tellHappenings(event: DashboardEvent, known: Known, journal: JournalWriter): void {
  const { at } = event;
  switch (event.type) {
    case 'connected': {
      const { lostAt } = known.connection;
      const text = lostAt === null ? 'connected' : `connected again after ${seconds(at - lostAt)}`;
      journal.write({ at, kind: 'connected', subject: event.broker, text });
      break;
    }
    case 'disconnected': {
      // That the attempts after it fail too is said on the screen.
      if (known.connection.phase !== 'connected') break;
      const text = `the connection was lost: ${event.reason}`;
      journal.write({ at, kind: 'broker-lost', subject: event.broker, text });
      break;
    }
    case 'status': {
      const before = known.host(event.host)?.status ?? null;
      // What a broker has kept was so before this program looked.
      if (before === event.status || (before === null && event.retained)) break;
      const offline = 'the daemon is offline: it was stopped, or this is its last will';
      const online = before === null ? 'the daemon is online' : 'the daemon is online again';
      const text = event.status === 'offline' ? offline : online;
      journal.write({ at, kind: event.status, subject: event.host, text });
      break;
    }
    case 'info': {
      const before = known.host(event.host)?.info ?? null;
      if (before !== null) tellInfo(at, event.host, before, event.info, journal);
      break;
    }
    case 'health': {
      const host = known.host(event.host);
      const before = host?.health?.problem ?? null;
      const { problem } = event.health;
      if (problem === before) break;
      const kind = problem === null ? 'problem-over' : 'problem';
      const text = problem ?? 'the daemon has no problem any more';
      journal.write({ at, kind, subject: host?.info?.host ?? event.host, text });
      break;
    }
    case 'removed':
      if (known.host(event.host) === undefined) break;
      journal.write({
        at,
        kind: 'removed',
        subject: event.host,
        text: 'what the broker had kept was deleted',
      });
      break;
    case 'stats':
      tellStats(at, event.host, event.iface, event.stats, known, journal);
      break;
    case 'problem':
      journal.write({ at, kind: 'problem', subject: 'ifcast', text: event.text });
      break;
    case 'connecting':
    case 'rejected':
      break;
  }
}

function tellInfo(at: number, host: string, before: Info, now: Info, journal: JournalWriter): void {
  if (now.boot_id !== before.boot_id) {
    const text = `the daemon started again, version ${now.version}`;
    journal.write({ at, kind: 'daemon-restarted', subject: now.host || host, text });
  }
  const known = new Map(before.interfaces.map((described) => [described.topic, described]));
  for (const described of now.interfaces) {
    const former = known.get(described.topic);
    known.delete(described.topic);
    if (former === undefined || former.state === described.state) continue;
    const { kind, text } = stateTold(described);
    journal.write({ at, kind, subject: `${now.host}/${described.name}`, text });
  }
  for (const { name } of known.values()) {
    journal.write({ at, kind: 'gone', subject: `${now.host}/${name}`, text: 'is not counted any more' });
  }
}

function stateTold({ state, reason }: InfoInterface): {
  kind: 'counting' | 'waiting' | 'failed';
  text: string;
} {
  switch (state) {
    case 'counting':
      return { kind: 'counting', text: 'is counted again' };
    case 'waiting':
      return { kind: 'waiting', text: `the daemon waits for it: ${reason ?? 'it gives no reason'}` };
    case 'failed':
      return { kind: 'failed', text: `the daemon cannot count it: ${reason ?? 'it gives no reason'}` };
  }
}

/** Broadcasts come by the thousand: the label is made only where there is something to tell. */
function tellStats(
  at: number,
  host: string,
  iface: string,
  stats: Stats,
  known: Known,
  journal: JournalWriter,
): void {
  const key = interfaceKey(host, iface);
  const before = known.counted(key)?.stats;
  if (before === undefined) return;
  const staleSince = known.staleSince(key);
  const restarted = stats.since !== before.since;
  const missed = restarted ? 0 : stats.seq - before.seq - 1;
  const lost = restarted ? 0n : (stats.dropped_total ?? 0n) - (before.dropped_total ?? 0n);
  if (staleSince === undefined && !restarted && missed <= 0 && lost <= 0n) return;
  const of = known.host(host);
  const subject = of === undefined ? key : labelOf(of, iface);
  if (staleSince !== undefined) {
    const text = `is live again after ${seconds(at - staleSince)}`;
    journal.write({ at, kind: 'live', subject, text });
  }
  if (restarted) {
    journal.write({ at, kind: 'totals-restarted', subject, text: 'the totals started again at 0' });
  }
  if (missed > 0) {
    journal.add({ at, kind: 'broadcasts-missed', subject }, BigInt(missed), (count) =>
      count === 1n ? '1 broadcast did not arrive' : `${count} broadcasts did not arrive`,
    );
  }
  if (lost > 0n) {
    journal.add({ at, kind: 'packets-lost', subject }, lost, (count) =>
      count === 1n ? '1 packet was not counted' : `${count} packets were not counted`,
    );
  }
}
