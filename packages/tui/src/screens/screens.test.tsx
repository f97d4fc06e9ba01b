import { describe, expect, test } from 'vitest';

import {
  ASCII_SETTINGS,
  BROKER,
  broadcasts,
  CONNECTED,
  fleet,
  INTERFACE,
  infoEvent,
  LIVE_EVENTS,
  model,
  NOW,
  ONLINE,
  stateAfter,
  stats,
} from '../fixtures.ts';
import { INITIAL_VIEW, type ListView, type View } from '../input/view.ts';
import { rendered } from '../rendered.tsx';
import type { Model } from '../shown/model.ts';
import { type AlarmRule, NO_ALARMS } from '../store/alarms.ts';
import type { ReplayPosition } from '../store/event-source.ts';
import type { DashboardEvent } from '../store/events.ts';
import { EMPTY_STATE, type State } from '../store/state.ts';
import { freeze, reduce } from '../store/store.ts';
import { left, widthOf } from '../text/line.ts';

const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 60, rows: 15 },
  { columns: 40, rows: 10 },
];

const live = stateAfter(...LIVE_EVENTS);
const connecting = { at: NOW - 900, type: 'connecting', broker: BROKER, attempt: 1 } as const;
const refused = {
  at: NOW - 1_000,
  type: 'disconnected',
  broker: BROKER,
  attempt: 4,
  reason: 'nothing listens there (ECONNREFUSED)',
  retryAt: NOW + 2_600,
} as const;
const lost = {
  ...refused,
  at: NOW - 12_000,
  attempt: 1,
  reason: 'the broker closed the connection',
} as const;
const offline = {
  at: NOW - 192_000,
  type: 'status',
  host: 'gw-01',
  status: 'offline',
  retained: false,
} as const;
const fifteenBounds = [64, 96, 128, 192, 256, 384, 512, 640, 768, 896, 1024, 1152, 1280, 1408, 1512];

function with15Bounds(): Model {
  const split = (total: bigint): bigint[] => [
    ...Array.from({ length: 15 }, () => total / 16n),
    total - (total / 16n) * 15n,
  ];
  const events = broadcasts().map((event) =>
    event.type === 'stats'
      ? {
          ...event,
          stats: {
            ...event.stats,
            filters: event.stats.filters.map((filter) => ({
              ...filter,
              sizes_total: split(filter.packets_total),
            })),
          },
        }
      : event,
  );
  return model(stateAfter(CONNECTED, ONLINE, infoEvent({ size_upper_bounds: fifteenBounds }), ...events));
}

const many = stateAfter(...fleet());
const list = (change: Partial<ListView>, view: Partial<View> = {}): Model =>
  model(many, { list: { ...INITIAL_VIEW.list, ...change }, ...view });

const zero = { at: NOW - 30_000, interfaces: stateAfter(...LIVE_EVENTS.slice(0, 64)).interfaces };

const RULE: AlarmRule = {
  filter: 'dns',
  host: '+',
  iface: '+',
  when: 'above',
  quantity: 'bits_per_s',
  limit: 50_000,
  color: 'bad',
  forMs: 0,
  text: 'somebody asks for very many names, which is worth a look whoever it is',
  bell: false,
};
const alarmed = (...events: readonly DashboardEvent[]): State =>
  reduce({ ...EMPTY_STATE, alarms: { ...NO_ALARMS, rules: [RULE] } }, events);

/** As from a daemon that tells what came in. */
function withDirections(): State {
  const events = broadcasts().map((event) =>
    event.type === 'stats'
      ? {
          ...event,
          stats: {
            ...event.stats,
            filters: event.stats.filters.map((filter) => ({
              ...filter,
              packets_in_total: (filter.packets_total * 2n) / 3n,
              bytes_in_total: (filter.bytes_total * 2n) / 3n,
            })),
          },
        }
      : event,
  );
  return stateAfter(CONNECTED, ONLINE, infoEvent(), ...events);
}

const position: ReplayPosition = {
  at: NOW,
  from: NOW - 60_000,
  until: NOW + 120_000,
  speed: 4,
  paused: false,
  ended: false,
  seeking: false,
  canGoBack: true,
};
const recorded: State = { ...live, replay: { name: 'incident.jsonl', ended: false } };

const SCREENS: Readonly<Record<string, Model>> = {
  events: model(
    stateAfter(...LIVE_EVENTS, lost, CONNECTED, { ...offline, at: NOW }, { ...ONLINE, at: NOW + 99 }),
    {
      over: 'events',
    },
  ),
  'events-none': model(EMPTY_STATE, { over: 'events' }),
  alarm: model(alarmed(...LIVE_EVENTS)),
  'list-alarms': model(alarmed(...fleet())),
  'replay-position': { ...model(recorded), replay: position },
  'replay-pipe': { ...model(recorded), replay: { ...position, until: null, paused: true } },
  recording: model(
    { ...live, recording: { name: 'a.jsonl', ended: false } },
    { paused: { at: NOW, state: live } },
  ),
  directions: model(withDirections()),
  'list-of-filter': list({ filter: 'dns', liveOnly: true }),
  live: model(live),
  connecting: model(stateAfter(connecting)),
  'connecting-again': model(stateAfter(refused, { ...connecting, attempt: 5 })),
  unreachable: model(stateAfter(connecting, refused)),
  lost: model(stateAfter(...LIVE_EVENTS, lost)),
  'lost-connecting': model(stateAfter(...LIVE_EVENTS, lost, { ...connecting, attempt: 3 })),
  'nothing-published': model(stateAfter({ ...CONNECTED, at: NOW - 8_000 })),
  'only-offline-host': model(stateAfter(CONNECTED, { ...offline, retained: true })),
  'no-interfaces': model(stateAfter(CONNECTED, ONLINE, infoEvent({ interfaces: [] }))),
  expected: model(stateAfter(CONNECTED, ONLINE, infoEvent())),
  'no-filters': model(
    stateAfter(CONNECTED, ONLINE, infoEvent({ filters: [] }), {
      at: NOW,
      type: 'stats',
      host: 'gw-01',
      iface: 'eth0',
      stats: { ...stats(NOW), filters: [] },
    }),
  ),
  replay: model(
    stateAfter(
      CONNECTED,
      ONLINE,
      infoEvent({
        interfaces: [
          { ...INTERFACE, backend: 'file', hook: null, packet: 'captured', link_mbit_per_s: null },
        ],
      }),
      ...broadcasts(),
    ),
  ),
  'recording-replayed': model({ ...live, replay: { name: 'incident.jsonl', ended: false } }),
  'recording-ended': model({ ...live, replay: { name: 'incident.jsonl', ended: true } }),
  'recording-problem': model({ ...live, problem: 'the recording incident.jsonl ended early (ENOSPC)' }),
  stale: model(live, {}, NOW + 6_100),
  offline: model(stateAfter(...LIVE_EVENTS, { ...offline, at: NOW })),
  'offline-before': model(stateAfter(CONNECTED, { ...offline, retained: true }, infoEvent())),
  waiting: model(
    stateAfter(
      ...LIVE_EVENTS,
      infoEvent({
        interfaces: [{ ...INTERFACE, state: 'waiting', reason: 'eth0 is down; ip link set eth0 up' }],
      }),
    ),
  ),
  failed: model(
    stateAfter(
      CONNECTED,
      ONLINE,
      infoEvent({
        interfaces: [
          {
            ...INTERFACE,
            backend: 'cap',
            hook: null,
            link_type: null,
            state: 'failed',
            reason: 'CAP_NET_RAW is missing',
          },
        ],
      }),
    ),
  ),
  paused: model(stateAfter(...LIVE_EVENTS), { paused: { at: NOW + 200, state: freeze(live) } }, NOW + 42_000),
  'paused-lost': model(
    stateAfter(...LIVE_EVENTS, { ...lost, at: NOW + 30_000, retryAt: NOW + 45_000 }),
    { paused: { at: NOW + 200, state: freeze(live) } },
    NOW + 42_000,
  ),
  zeroed: model(live, { zero }),
  rejected: model(
    stateAfter(...LIVE_EVENTS, {
      at: NOW,
      type: 'rejected',
      topic: 'ifcast/gw-01/eth0/stats',
      reason: 'field "v" is not 1: this message is from another version of ifcast',
    }),
  ),
  problem: model(
    stateAfter(...LIVE_EVENTS, {
      at: NOW,
      type: 'health',
      host: 'gw-01',
      health: {
        v: 1,
        ts: new Date(NOW).toISOString(),
        uptime_s: 1,
        rss_bytes: 1,
        event_loop_lag_ms_p99: 0,
        mqtt_reconnects_total: 0,
        mqtt_skipped_total: 0,
        capture_restarts_total: 0,
        problem: 'ifcast.toml:12:3: unknown key; the old configuration goes on',
      },
    }),
  ),
  'no-info': model(stateAfter(CONNECTED, ...broadcasts())),
  difference: model(live, { mode: 'difference' }),
  total: model(live, { mode: 'total' }),
  'bytes-iec': model(live, { units: 'bytes-iec' }),
  exact: model(live, { exact: true }),
  table: model(live, { mode: 'table' }),
  'table-exact': model(live, { mode: 'table', exact: true }),
  'table-bytes-iec': model(live, { mode: 'table', units: 'bytes-iec' }),
  sizes: model(live, { pane: 'sizes', filter: 1 }),
  'graph-bits': model(live, { filter: 1 }),
  'graph-packets': model(live, { graph: 'packets' }),
  'graph-size': model(live, { graph: 'size' }),
  'graph-hour': model(live, { span: 'hour' }),
  'graph-log': model(live, { scale: 'log' }),
  'graph-link': model(live, { scale: 'link' }),
  'fifteen-bounds': with15Bounds(),
  'fifteen-bounds-table': { ...with15Bounds(), view: { ...with15Bounds().view, mode: 'table' } },
  list: model(many),
  'list-by-name': list({}, { sort: 'name' }),
  'list-by-age': list({ frozen: true }, { sort: 'age' }),
  'list-reversed': list({}, { reversed: true, interfaceKey: 'edge-04/wlan0' }),
  'list-finding': list({ find: 'edge-1', finding: true }),
  'list-found': list({ find: 'WLAN' }),
  'list-found-nothing': list({ find: 'x' }),
  'list-bytes-iec': list({}, { units: 'bytes-iec' }),
  'list-exact': list({}, { exact: true }),
  'list-lost': model(stateAfter(...fleet(), lost)),
  'list-paused': model(many, { paused: { at: NOW + 200, state: freeze(many) } }, NOW + 42_000),
  'list-ascii': { ...model(many), settings: ASCII_SETTINGS },
  'one-of-many': model(many, { screen: 'interface', interfaceKey: 'edge-05/eth0' }),
  help: model(live, { over: 'help' }),
  'list-help': model(many, { over: 'help' }),
  ascii: { ...model(live), settings: ASCII_SETTINGS },
  'ascii-graph': { ...model(live, { graph: 'packets' }), settings: ASCII_SETTINGS },
};

describe.each(Object.entries(SCREENS))('%s', (name, shown) => {
  test('looks as reviewed', async () => {
    const screens = SIZES.map(({ columns, rows }) => {
      const edge = `+${'-'.repeat(columns)}+`;
      const lines = rendered(shown, { columns, rows }).map((line) => `|${left(line, columns)}|`);
      return [`${columns}×${rows}`, edge, ...lines, edge, ''].join('\n');
    });
    await expect(screens.join('\n')).toMatchFileSnapshot(`snapshots/${name}.txt`);
  });

  test('fills the screen and is never wider, whatever the size', { timeout: 30_000 }, () => {
    for (const [columns, rows] of [
      [1, 1],
      [20, 5],
      [39, 24],
      [40, 8],
      [50, 8],
      [50, 9],
      [66, 18],
      [75, 40],
      [81, 24],
      [99, 30],
      [143, 40],
      [200, 60],
    ] as const) {
      const lines = rendered({ ...shown, settings: ASCII_SETTINGS }, { columns, rows });
      expect(lines).toHaveLength(rows);
      // Ink cuts what is wider than its place, with this sign, which is none of ours in ASCII.
      expect(lines.filter((line) => line.includes('…'))).toEqual([]);
      for (const line of lines)
        expect(widthOf(line), `${columns}×${rows}: ${line}`).toBeLessThanOrEqual(columns);
    }
  });
});

test('ASCII means ASCII', () => {
  for (const shown of Object.values(SCREENS)) {
    for (const { columns, rows } of SIZES) {
      const lines = rendered({ ...shown, settings: ASCII_SETTINGS }, { columns, rows });
      expect(lines.join('')).toMatch(/^[ -~]*$/);
    }
  }
}, 30_000);

test.each([
  [39, 24, 'terminal too small'],
  [80, 7, 'terminal too small (have 80×7, need 40×8)'],
  [20, 5, 'terminal too small'],
])('a screen of %i×%i is too small, and says so', (columns, rows, first) => {
  expect(rendered(SCREENS['live']!, { columns, rows })[0]).toBe(first);
});

test('numbers of a live screen stay in their columns while they grow', () => {
  const at = (state: Model): number[] =>
    rendered(state, { columns: 80, rows: 24 })
      .slice(2, 6)
      .map((line) => line.search(/\S\s*$/));
  const before = at(model(live));
  const after = at(model(stateAfter(...LIVE_EVENTS, ...broadcasts(NOW + 3_600_000)), {}, NOW + 3_600_000));
  expect(after).toEqual(before);
});
