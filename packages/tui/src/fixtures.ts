/** States for tests: one gateway with five filters, as it would be after a minute of broadcasts. */
import {
  DEFAULT_SIZE_UPPER_BOUNDS,
  type FilterCounts,
  type Info,
  type InfoInterface,
  type Stats,
} from '@ifcast/protocol';
import { INITIAL_VIEW, type View } from './input/view.ts';
import type { Model, Settings } from './shown/model.ts';
import type { DashboardEvent } from './store/events.ts';
import { Ranking } from './store/ranking.ts';
import { EMPTY_STATE, type State } from './store/state.ts';
import { reduce } from './store/store.ts';
import { ASCII_GLYPHS, UNICODE_GLYPHS } from './text/glyphs.ts';

/** 2026-11-21, 14:03:22 UTC. */
export const NOW: number = Date.parse('2026-11-21T14:03:22.000Z');

export const BROKER = 'mqtt://10.0.0.2';

export const SETTINGS: Settings = {
  topic: 'ifcast/',
  glyphs: UNICODE_GLYPHS,
  ascii: false,
  timeOfDay: (at) => new Date(at).toISOString().slice(11, 19),
  dayAndTime: (at) => `${new Date(at).getUTCDate()} Nov ${new Date(at).toISOString().slice(11, 16)}`,
};

export const ASCII_SETTINGS: Settings = { ...SETTINGS, glyphs: ASCII_GLYPHS, ascii: true };

/** Packets per size now, packets per size and second, mean bytes of a packet, by how much the rate swings. */
const FILTERS = [
  {
    id: 'all',
    name: 'all',
    expression: '',
    sizes: [139_412_000, 46_214_000, 19_604_000, 23_801_000, 27_912_000, 226_180_000, 325_340_000],
    perS: [2_260, 755, 320, 389, 455, 3_680, 5_310],
    meanBytes: 886,
    swing: 0.15,
  },
  {
    id: 'https',
    name: 'tcp port 443',
    expression: 'tcp and port 443',
    sizes: [80_601_000, 47_520_000, 18_013_000, 16_022_000, 13_104_000, 126_000_000, 158_110_000],
    perS: [1_310, 771, 294, 262, 214, 2_050, 2_580],
    meanBytes: 623,
    swing: 0.3,
  },
  {
    id: 'dns',
    name: 'dns',
    expression: 'port 53',
    sizes: [75_700, 1_552_000, 1_363_000, 644_000, 151_000, 0, 0],
    perS: [2, 30, 26, 12, 2, 0, 0],
    meanBytes: 187,
    swing: 0.7,
  },
  {
    id: 'camera',
    name: 'Kamera Büro 機房',
    expression: 'host 192.0.2.17',
    sizes: [7_760_000, 501_000, 0, 250_000, 250_000, 16_271_000, 0],
    perS: [132, 8, 0, 4, 4, 276, 0],
    meanBytes: 876,
    swing: 0.02,
  },
  {
    id: 'sctp',
    name: 'sctp',
    expression: 'sctp',
    sizes: [0, 0, 0, 0, 0, 0, 0],
    perS: [0, 0, 0, 0, 0, 0, 0],
    meanBytes: 0,
    swing: 0,
  },
] as const;

const INTERVAL_MS = 500;
const SINCE = '2026-11-21T08:00:00.000Z';

export const INTERFACE: InfoInterface = {
  name: 'eth0',
  topic: 'eth0',
  backend: 'ebpf',
  hook: 'socket',
  packet: 'wire',
  link_type: 'EN10MB',
  state: 'counting',
  reason: null,
  notes: [],
  gap: null,
  link_mbit_per_s: 10_000,
};

export function info(change: Partial<Info> = {}): Info {
  return {
    v: 1,
    app: 'ifcast',
    version: '0.1.0',
    host: 'gw-01',
    boot_id: 'b1',
    started_at: SINCE,
    delay_ms: INTERVAL_MS,
    state_interval_s: 30,
    size_upper_bounds: DEFAULT_SIZE_UPPER_BOUNDS,
    filters: FILTERS.map(({ id, name, expression }) => ({ id, name, expression })),
    interfaces: [INTERFACE],
    outputs: [],
    triggers: [],
    ...change,
  };
}

/** The broadcast of `at`: totals as in the design at {@link NOW}, less before. */
export function stats(at: number): Stats {
  return {
    v: 1,
    ts: new Date(at).toISOString(),
    seq: Math.round((at - Date.parse(SINCE)) / INTERVAL_MS),
    interval_ms: INTERVAL_MS,
    since: SINCE,
    dropped_total: 0n,
    filters: FILTERS.map((filter): FilterCounts => {
      const back = (NOW - at) / 1000;
      const sizes = filter.sizes.map((size, bucket) =>
        BigInt(Math.round(size - filter.perS[bucket]! * back)),
      );
      const packets = sizes.reduce((sum, size) => sum + size, 0n);
      const packetsPerS = filter.perS.reduce<number>((sum, rate) => sum + rate, 0);
      const wave = 1 + filter.swing * Math.sin(at / 9_000);
      return {
        id: filter.id,
        packets_total: packets,
        bytes_total: packets * BigInt(filter.meanBytes),
        packets_in_total: null,
        bytes_in_total: null,
        sizes_total: sizes,
        packets_per_s: packetsPerS,
        bits_per_s:
          at === NOW ? packetsPerS * filter.meanBytes * 8 : packetsPerS * filter.meanBytes * 8 * wave,
      };
    }),
  };
}

export const CONNECTED: DashboardEvent = { at: NOW - 60_000, type: 'connected', broker: BROKER };
export const ONLINE: DashboardEvent = {
  at: NOW - 60_000,
  type: 'status',
  host: 'gw-01',
  status: 'online',
  retained: true,
};

export function infoEvent(change: Partial<Info> = {}): DashboardEvent {
  return { at: NOW - 60_000, type: 'info', host: 'gw-01', info: info(change) };
}

/** A minute of broadcasts of `gw-01/eth0` that ends at `until`. */
export function broadcasts(until: number = NOW): DashboardEvent[] {
  return Array.from({ length: 121 }, (_, index): DashboardEvent => {
    const at = until - (120 - index) * INTERVAL_MS;
    return { at, type: 'stats', host: 'gw-01', iface: 'eth0', stats: stats(at) };
  });
}

/** Fourteen interfaces of thirteen hosts, two of which are not live. */
export function fleet(until: number = NOW): DashboardEvent[] {
  const events: DashboardEvent[] = [CONNECTED, ONLINE, infoEvent(), ...broadcasts(until)];
  for (let number = 1; number <= 12; number++) {
    const host = `edge-${String(number).padStart(2, '0')}`;
    const names = number === 4 ? ['eth0', 'wlan0'] : ['eth0'];
    const interfaces = names.map((name) => ({ ...INTERFACE, name, topic: name }));
    events.push({
      ...ONLINE,
      type: 'status',
      host,
      status: number === 3 ? 'offline' : 'online',
      retained: true,
    });
    events.push({ at: until, type: 'info', host, info: info({ host, interfaces }) });
    const silence = number === 3 ? 192_000 : number === 5 ? 5_700 : 0;
    for (const iface of names) {
      const scale = 1 + ((number * 5 + iface.length) % 12);
      for (const event of broadcasts(until - silence)) {
        if (event.type === 'stats')
          events.push({ ...event, host, iface, stats: scaled(event.stats, scale / 13) });
      }
    }
  }
  return events;
}

function scaled(message: Stats, factor: number): Stats {
  const filters = message.filters.map((filter) => {
    const sizes = filter.sizes_total.map((size) => BigInt(Math.round(Number(size) * factor)));
    const packets = sizes.reduce((sum, size) => sum + size, 0n);
    return {
      ...filter,
      packets_total: packets,
      bytes_total: packets * 886n,
      sizes_total: sizes,
      packets_per_s: (filter.packets_per_s ?? 0) * factor,
      bits_per_s: (filter.bits_per_s ?? 0) * factor,
    };
  });
  return { ...message, filters };
}

/** Everything as it should be. */
export const LIVE_EVENTS: readonly DashboardEvent[] = [CONNECTED, ONLINE, infoEvent(), ...broadcasts()];

export function stateAfter(...events: readonly DashboardEvent[]): State {
  return reduce(EMPTY_STATE, events);
}

export function model(state: State, view: Partial<View> = {}, now: number = NOW + 400): Model {
  const whole = { ...INITIAL_VIEW, ...view };
  const { sort, reversed, list } = whole;
  const order = new Ranking().order(state, { sort, reversed, filter: list.filter }, list.frozen, now);
  return { state, view: whole, order, now, replay: null, settings: SETTINGS };
}
