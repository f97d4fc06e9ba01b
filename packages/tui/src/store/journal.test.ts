import { describe, expect, test } from 'vitest';
import { BROKER, INTERFACE, infoEvent, LIVE_EVENTS, NOW, ONLINE, stateAfter, stats } from '../fixtures.ts';
import type { DashboardEvent } from './events.ts';
import { EMPTY_JOURNAL, JOURNAL_GRAVITY, JournalWriter, MAX_JOURNAL_ENTRIES } from './journal.ts';
import type { State } from './state.ts';
import { reduce } from './store.ts';
import { watch } from './watch.ts';

const LIVE = stateAfter(...LIVE_EVENTS);

/** `kind subject: text` of what is new since the state before. */
function told(before: State, after: State): string[] {
  return after.journal.entries
    .filter(({ number }) => number > before.journal.total)
    .map(({ kind, subject, text }) => `${kind} ${subject}: ${text}`);
}

function tells(...events: DashboardEvent[]): string[] {
  return told(LIVE, reduce(LIVE, events));
}

function broadcast(at: number, change: Partial<ReturnType<typeof stats>> = {}): DashboardEvent {
  return { at, type: 'stats', host: 'gw-01', iface: 'eth0', stats: { ...stats(at), ...change } };
}

function status(
  at: number,
  value: 'online' | 'offline',
  host = 'gw-01',
  retained = false,
): DashboardEvent & { type: 'status' } {
  return { at, type: 'status', host, status: value, retained };
}

test('what was so before this program looked is nothing that happened', () => {
  expect(LIVE.journal.entries).toMatchObject([{ number: 1, kind: 'connected', subject: BROKER }]);
  expect(tells(status(NOW, 'offline', 'gw-02', true), infoEvent(), broadcast(NOW + 500))).toEqual([]);
});

describe('each thing that happens is one entry with its subject', () => {
  const lost: DashboardEvent = {
    at: NOW,
    type: 'disconnected',
    broker: BROKER,
    attempt: 1,
    reason: 'keepalive timeout',
    retryAt: NOW,
  };
  const waiting = { ...INTERFACE, state: 'waiting', reason: 'eth0 is down' } as const;
  test.each<[DashboardEvent[], string[]]>([
    [
      [
        lost,
        { ...lost, at: NOW + 1_000, attempt: 2 },
        { at: NOW + 9_000, type: 'connecting', broker: BROKER, attempt: 3 },
        { at: NOW + 12_000, type: 'connected', broker: BROKER },
      ],
      [
        `broker-lost ${BROKER}: the connection was lost: keepalive timeout`,
        `connected ${BROKER}: connected again after 12 s`,
      ],
    ],
    [
      [status(NOW, 'offline'), status(NOW + 1, 'offline', 'gw-01', true), status(NOW + 2, 'online')],
      [
        'offline gw-01: the daemon is offline: it was stopped, or this is its last will',
        'online gw-01: the daemon is online again',
      ],
    ],
    [[status(NOW, 'online', 'gw-09')], ['online gw-09: the daemon is online']],
    [
      [infoEvent({ boot_id: 'b2', version: '0.2.0' }), broadcast(NOW + 500, { since: 'later', seq: 0 })],
      [
        'daemon-restarted gw-01: the daemon started again, version 0.2.0',
        'totals-restarted gw-01/eth0: the totals started again at 0',
      ],
    ],
    [
      [
        infoEvent({ interfaces: [waiting] }),
        infoEvent({ interfaces: [{ ...INTERFACE, state: 'failed' }] }),
        infoEvent(),
      ],
      [
        'waiting gw-01/eth0: the daemon waits for it: eth0 is down',
        'failed gw-01/eth0: the daemon cannot count it: it gives no reason',
        'counting gw-01/eth0: is counted again',
      ],
    ],
    [[infoEvent({ interfaces: [] })], ['gone gw-01/eth0: is not counted any more']],
    [[{ at: NOW, type: 'removed', host: 'gw-01' }], ['removed gw-01: what the broker had kept was deleted']],
    [[{ at: NOW, type: 'problem', text: 'the disk is full' }], ['problem ifcast: the disk is full']],
  ])('%#', (events, entries) => expect(tells(...events)).toEqual(entries));
});

test('what a daemon says of its own health', () => {
  const health = (problem: string | null): DashboardEvent => ({
    at: NOW,
    type: 'health',
    host: 'gw-01',
    health: {
      v: 1,
      ts: stats(NOW).ts,
      uptime_s: 1,
      rss_bytes: 1,
      event_loop_lag_ms_p99: 1,
      mqtt_reconnects_total: 0,
      mqtt_skipped_total: 0,
      capture_restarts_total: 0,
      problem,
    },
  });
  expect(tells(health(null), health('eth1 is down'), health('eth1 is down'), health(null))).toEqual([
    'problem gw-01: eth1 is down',
    'problem-over gw-01: the daemon has no problem any more',
  ]);
});

test('losses that go on are one entry that grows; later ones are another', () => {
  const after = reduce(LIVE, [
    broadcast(NOW + 500, { dropped_total: 3n }),
    broadcast(NOW + 1_000, { dropped_total: 7n }),
    broadcast(NOW + 2_000, { dropped_total: 7n }),
    broadcast(NOW + 20_000, { dropped_total: 8n, seq: stats(NOW + 2_000).seq + 1 }),
  ]);
  expect(told(LIVE, after)).toEqual([
    'packets-lost gw-01/eth0: 7 packets were not counted',
    'broadcasts-missed gw-01/eth0: 1 broadcast did not arrive',
    'packets-lost gw-01/eth0: 1 packet was not counted',
  ]);
  expect(after.journal.entries[1]).toMatchObject({ at: NOW + 500, until: NOW + 1_000, amount: 7n });
});

test('silence is told once, and its end with how long it was', () => {
  const live = watch(LIVE, NOW + 1_900);
  expect(live).toBe(LIVE);
  const stale = watch(LIVE, NOW + 2_100);
  expect(told(LIVE, stale)).toEqual(['stale gw-01/eth0: no broadcast has come for 2.1 s']);
  expect(watch(stale, NOW + 9_000)).toBe(stale);
  const back = reduce(stale, [broadcast(NOW + 12_000, { seq: stats(NOW).seq + 1 })]);
  expect(told(stale, back)).toEqual(['live gw-01/eth0: is live again after 12 s']);
  expect(back.stale.size).toBe(0);
});

test('what is offline, or behind a lost broker, is not stale too', () => {
  const offline = reduce(LIVE, [status(NOW, 'offline')]);
  expect(told(offline, watch(offline, NOW + 60_000))).toEqual([]);
  const stale = watch(LIVE, NOW + 2_100);
  const both = watch(reduce(stale, [status(NOW + 3_000, 'offline')]), NOW + 4_000);
  expect(both.stale.size).toBe(0);
});

test('a thousand are kept, the number goes on', () => {
  const events = Array.from({ length: 10_000 }, (_, index) =>
    status(NOW + index, index % 2 === 0 ? 'offline' : 'online'),
  );
  const { entries, total } = stateAfter(ONLINE, ...events).journal;
  expect({ kept: entries.length, total, last: entries.at(-1)?.number, first: entries[0]?.number }).toEqual({
    kept: MAX_JOURNAL_ENTRIES,
    total: 10_000,
    last: 10_000,
    first: 9_001,
  });
});

test('a journal that was read does not change', () => {
  const first = new JournalWriter(EMPTY_JOURNAL);
  first.add({ at: NOW, kind: 'packets-lost', subject: 'a' }, 1n, String);
  const before = first.journal;
  const copy = structuredClone(before);
  const second = new JournalWriter(before);
  second.add({ at: NOW + 1, kind: 'packets-lost', subject: 'a' }, 1n, String);
  second.write({ at: NOW + 2, kind: 'problem', subject: 'ifcast', text: 'x' });
  expect(before).toEqual(copy);
  expect(second.journal.entries.map(({ text }) => text)).toEqual(['2', 'x']);
  expect(Object.keys(JOURNAL_GRAVITY)).toContain('packets-lost');
});
