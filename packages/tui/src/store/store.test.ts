import { describe, expect, test } from 'vitest';
import {
  BROKER,
  broadcasts,
  CONNECTED,
  INTERFACE,
  infoEvent,
  LIVE_EVENTS,
  NOW,
  ONLINE,
  stateAfter,
  stats,
} from '../fixtures.ts';
import type { DashboardEvent } from './events.ts';
import { isLive, livenessOf } from './liveness.ts';
import type { State } from './state.ts';
import { freeze, reduce } from './store.ts';
import { targetsOf } from './targets.ts';

const KEY = 'gw-01/eth0';

function statsEvent(
  at: number,
  change: Partial<ReturnType<typeof stats>> = {},
  iface = 'eth0',
): DashboardEvent {
  return { at, type: 'stats', host: 'gw-01', iface, stats: { ...stats(at), ...change } };
}

function liveness(state: State, now: number): string {
  return livenessOf(state, state.hosts.get('gw-01')!, 'eth0', now);
}

test('the history goes on from broadcast to broadcast', () => {
  const state = stateAfter(...LIVE_EVENTS);
  const values = [...state.interfaces.get(KEY)!.histories.get('all')!.series('packets', NOW, 1_000, 50)];
  for (const value of values.slice(0, -1)) expect(value).toBeCloseTo(13_169, 0);
});

test('a frozen state stays as it was', () => {
  const state = stateAfter(...LIVE_EVENTS);
  const frozen = freeze(state);
  const series = (of: State): number[] => [
    ...of.interfaces
      .get(KEY)!
      .histories.get('all')!
      .series('packets', NOW + 10_000, 1_000, 5),
  ];
  const before = series(frozen);
  reduce(state, broadcasts(NOW + 60_000));
  expect(series(frozen)).toEqual(before);
  expect(series(state)).not.toEqual(before);
});

test('nothing changes the state that was there before', () => {
  const before = stateAfter(...LIVE_EVENTS);
  const hosts = new Map(before.hosts);
  reduce(before, [infoEvent({ host: 'other' }), { at: NOW, type: 'removed', host: 'gw-01' }]);
  expect(before.hosts).toEqual(hosts);
  expect(before.interfaces.has(KEY)).toBe(true);
});

describe('how an interface is doing', () => {
  const live = stateAfter(...LIVE_EVENTS);
  test.each([
    ['live', live, NOW + 400],
    ['live', live, NOW + 2_000],
    ['stale', live, NOW + 2_001],
    ['expected', stateAfter(CONNECTED, ONLINE, infoEvent()), NOW],
    [
      'offline',
      stateAfter(...LIVE_EVENTS, {
        at: NOW,
        type: 'status',
        host: 'gw-01',
        status: 'offline',
        retained: false,
      }),
      NOW,
    ],
    [
      'lost',
      stateAfter(...LIVE_EVENTS, {
        at: NOW,
        type: 'disconnected',
        broker: BROKER,
        attempt: 1,
        reason: '',
        retryAt: NOW,
      }),
      NOW,
    ],
    [
      'waiting',
      stateAfter(...LIVE_EVENTS, infoEvent({ interfaces: [{ ...INTERFACE, state: 'waiting' }] })),
      NOW,
    ],
    [
      'failed',
      stateAfter(...LIVE_EVENTS, infoEvent({ interfaces: [{ ...INTERFACE, state: 'failed' }] })),
      NOW,
    ],
    [
      'replay',
      stateAfter(...LIVE_EVENTS, infoEvent({ interfaces: [{ ...INTERFACE, backend: 'file' }] })),
      NOW,
    ],
  ] as const)('%s', (word, state, now) => {
    expect(liveness(state, now)).toBe(word);
    expect(isLive(word)).toBe(word === 'live' || word === 'replay');
  });

  test('a slow daemon is not stale before four of its intervals', () => {
    const state = stateAfter(CONNECTED, infoEvent({ delay_ms: 5_000 }), statsEvent(NOW));
    expect(liveness(state, NOW + 19_000)).toBe('live');
    expect(liveness(state, NOW + 20_001)).toBe('stale');
  });

  test('after an outage of the broker the wait for a broadcast starts again', () => {
    const outage: DashboardEvent[] = [
      { at: NOW, type: 'disconnected', broker: BROKER, attempt: 1, reason: '', retryAt: NOW },
      { at: NOW + 30_000, type: 'connecting', broker: BROKER, attempt: 1 },
      { at: NOW + 30_010, type: 'connected', broker: BROKER },
    ];
    const state = stateAfter(...LIVE_EVENTS, ...outage);
    expect(liveness(state, NOW + 31_000)).toBe('live');
    expect(liveness(state, NOW + 33_000)).toBe('stale');
  });
});

describe('hosts and interfaces', () => {
  test('interfaces that info does not name any more go', () => {
    const state = stateAfter(...LIVE_EVENTS, statsEvent(NOW, {}, 'eth9'), infoEvent());
    expect([...state.interfaces.keys()]).toEqual([KEY]);
  });
  test('a host whose retained topics are deleted goes with its interfaces', () => {
    const state = stateAfter(...LIVE_EVENTS, { at: NOW, type: 'removed', host: 'gw-01' });
    expect(state.hosts.size + state.interfaces.size).toBe(0);
  });
  test('are in the order of people: eth2 before eth10', () => {
    const interfaces = ['eth10', 'eth2', 'lo'].map((name) => ({ ...INTERFACE, name, topic: name }));
    const state = stateAfter(infoEvent({ interfaces }), statsEvent(NOW, {}, 'wlan0'));
    expect(targetsOf(state).map(({ label }) => label)).toEqual([
      'gw-01/eth2',
      'gw-01/eth10',
      'gw-01/lo',
      'gw-01/wlan0',
    ]);
  });
  test('a publisher that makes up names does not fill the memory', () => {
    const events = Array.from({ length: 10_000 }, (_, index): DashboardEvent[] => [
      { at: NOW, type: 'status', host: `host-${index}`, status: 'online', retained: true },
      { at: NOW, type: 'stats', host: 'one', iface: `if-${index}`, stats: { ...stats(NOW), filters: [] } },
    ]).flat();
    const state = stateAfter(...events);
    expect(state.hosts.size).toBe(4096);
    expect(state.interfaces.size).toBe(4096);
    // `one` is a host too.
    expect(state.rejected.count).toBe(2 * 10_000 - 2 * 4096 + 1);
  });

  test('names that were made up make room for a real host as soon as they are silent', () => {
    const invented = (at: number): DashboardEvent[] =>
      Array.from({ length: 5_000 }, (_, index): DashboardEvent[] => [
        { at, type: 'status', host: `host-${index}`, status: 'online', retained: true },
        { at, type: 'stats', host: `host-${index}`, iface: 'x', stats: { ...stats(at), filters: [] } },
      ]).flat();
    let state = stateAfter(CONNECTED, ...invented(NOW - 120_000));
    expect(state.hosts.size).toBe(4096);
    state = reduce(state, [ONLINE, infoEvent(), ...broadcasts()]);
    expect(state.interfaces.has(KEY)).toBe(true);
    expect(liveness(state, NOW)).toBe('live');
    // It stays while others come, and does so although there are more of them than have room.
    for (let round = 1; round <= 20; round++) {
      const at = NOW + round * 500;
      state = reduce(state, [...invented(at), statsEvent(at)]);
    }
    expect(state.interfaces.has(KEY)).toBe(true);
    expect(liveness(state, NOW + 10_000)).toBe('live');
    expect(state.interfaces.size).toBeLessThanOrEqual(4096);
    expect(state.hosts.size).toBeLessThanOrEqual(4096);
  });
});

test('the time of a status is known only when it was seen to change', () => {
  const offline = { type: 'status', host: 'gw-01', status: 'offline' } as const;
  const since = (...events: DashboardEvent[]): unknown =>
    stateAfter(...events).hosts.get('gw-01')?.statusSince;
  expect(since({ ...offline, at: NOW, retained: true })).toBeNull();
  expect(since(ONLINE, { ...offline, at: NOW, retained: false })).toBe(NOW);
  // The retained status comes again after a reconnect and tells nothing new.
  expect(
    since(ONLINE, { ...offline, at: NOW, retained: false }, { ...offline, at: NOW + 9, retained: true }),
  ).toBe(NOW);
});
