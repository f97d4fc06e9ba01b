import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { encodeMessage } from './encode.ts';
import type { FilterCounts, FilterState, Health, Info, Stats } from './messages.ts';
import {
  decodePayload,
  MAX_PAYLOAD_BYTES,
  parseFilterState,
  parseHealth,
  parseInfo,
  parseStats,
} from './parse.ts';
import { ProtocolError } from './protocol-error.ts';

const STATS_EXAMPLE =
  '{"v":1,"ts":"2026-11-21T10:02:31.262Z","seq":7231,"interval_ms":500,"since":"2026-11-21T08:00:00.000Z",' +
  '"dropped_total":0,"filters":[{"id":"web","packets_total":152,"bytes_total":18446744073709551615,' +
  '"packets_in_total":150,"bytes_in_total":9007199254740993,"sizes_total":[100,50,0,0,0,2,0],"packets_per_s":5120,"bits_per_s":48213120}]}';

const counter = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const amount = fc.double({ min: 0, max: 1e19, noNaN: true }).map(Math.abs);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
// Strings that look like what the encoder and the decoder treat specially.
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('\u00011234', '"\\u00011234"', '9007199254740993', '":12345678901234567890,"', '\\', '\\"'),
);

const counts: fc.Arbitrary<FilterCounts> = fc
  .record({
    id: text,
    bytes_total: counter,
    packets_in_total: maybe(counter),
    bytes_in_total: maybe(counter),
    sizes_total: fc.array(fc.bigInt({ min: 0n, max: 2n ** 60n }), { minLength: 2, maxLength: 16 }),
    packets_per_s: maybe(amount),
    bits_per_s: maybe(amount),
  })
  .map((filter) => ({ ...filter, packets_total: filter.sizes_total.reduce((sum, size) => sum + size, 0n) }));

const stats: fc.Arbitrary<Stats> = fc.record({
  v: fc.constant(1 as const),
  ts: text,
  seq: fc.nat(),
  interval_ms: amount,
  since: text,
  dropped_total: maybe(counter),
  filters: fc.array(counts, { maxLength: 5 }),
});

const filterState: fc.Arbitrary<FilterState> = fc
  .record({
    common: counts,
    ts: text,
    since: text,
    dropped_total: maybe(counter),
    bits_per_s_max: maybe(amount),
  })
  .map(({ common, ...rest }) => ({ v: 1, ...common, ...rest }));

const info: fc.Arbitrary<Info> = fc.record({
  v: fc.constant(1 as const),
  app: fc.constant('ifcast' as const),
  version: text,
  host: text,
  boot_id: text,
  started_at: text,
  delay_ms: amount,
  state_interval_s: amount,
  size_upper_bounds: fc
    .uniqueArray(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 15 })
    .map((bounds) => bounds.sort((a, b) => a - b)),
  filters: fc.array(fc.record({ id: text, name: text, expression: text }), { maxLength: 5 }),
  interfaces: fc.array(
    fc.record({
      name: text,
      topic: text,
      backend: fc.constantFrom('ebpf' as const, 'cap' as const, 'file' as const),
      hook: maybe(fc.constantFrom('socket' as const, 'tcx' as const, 'xdp' as const)),
      packet: fc.constantFrom('wire' as const, 'captured' as const),
      link_type: maybe(text),
      state: fc.constantFrom('counting' as const, 'waiting' as const, 'failed' as const),
      reason: maybe(text),
      notes: fc.array(text, { maxLength: 3 }),
      gap: maybe(fc.record({ from: text, to: text, total_ms: amount })),
      link_mbit_per_s: maybe(amount),
    }),
    { maxLength: 3 },
  ),
  triggers: fc.array(fc.record({ id: text, filter: text }), { maxLength: 3 }),
  outputs: fc.array(
    fc.record({
      name: text,
      where: text,
      state: fc.constantFrom('running' as const, 'waiting' as const, 'failed' as const),
      reason: maybe(text),
    }),
    { maxLength: 3 },
  ),
});

const health: fc.Arbitrary<Health> = fc.record({
  v: fc.constant(1 as const),
  ts: text,
  uptime_s: amount,
  rss_bytes: amount,
  event_loop_lag_ms_p99: amount,
  mqtt_reconnects_total: amount,
  mqtt_skipped_total: amount,
  capture_restarts_total: amount,
  problem: maybe(text),
});

function payload(message: string): Uint8Array {
  return new TextEncoder().encode(message);
}

function codeOf(run: () => unknown): ProtocolError['code'] | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

describe('a message that was encoded is parsed to the same message', () => {
  test('stats', () => {
    fc.assert(
      fc.property(stats, (message) => {
        const line = encodeMessage(message);
        expect(line).not.toMatch(/[\r\n\0]/);
        expect(() => JSON.parse(line)).not.toThrow();
        expect(parseStats(decodePayload(payload(line)))).toEqual(message);
      }),
    );
  });
  test('filter', () => {
    fc.assert(
      fc.property(filterState, (message) => {
        expect(parseFilterState(decodePayload(payload(encodeMessage(message))))).toEqual(message);
      }),
    );
  });
  test('info', () => {
    fc.assert(
      fc.property(info, (message) => {
        expect(parseInfo(decodePayload(payload(encodeMessage(message))))).toEqual(message);
      }),
    );
  });
  test('health', () => {
    fc.assert(
      fc.property(health, (message) => {
        expect(parseHealth(decodePayload(payload(encodeMessage(message))))).toEqual(message);
      }),
    );
  });
});

test('counters are plain JSON numbers with every digit', () => {
  const parsed = parseStats(decodePayload(payload(STATS_EXAMPLE)));
  expect(parsed.filters[0]?.bytes_total).toBe(18446744073709551615n);
  expect(encodeMessage(parsed)).toBe(STATS_EXAMPLE);
});

test('fields that are not known are left out', () => {
  const later = STATS_EXAMPLE.replace('"seq"', '"later":{"a":[1]},"seq"');
  expect(encodeMessage(parseStats(decodePayload(payload(later))))).toBe(STATS_EXAMPLE);
});

describe('a payload that cannot be used is a ProtocolError', () => {
  const parsers = { parseStats, parseFilterState, parseInfo, parseHealth };

  test.each<[string, Uint8Array, ProtocolError['code']]>([
    ['100 MB', new Uint8Array(100 * 1024 * 1024), 'too_large'],
    ['20 MB of [', new Uint8Array(20 * 1024 * 1024).fill(0x5b), 'too_large'],
    ['the most that is read, all [', new Uint8Array(MAX_PAYLOAD_BYTES).fill(0x5b), 'not_json'],
    ['empty', new Uint8Array(0), 'not_json'],
    ['half a message', payload(STATS_EXAMPLE.slice(0, 200)), 'not_json'],
    ['invalid UTF-8', Uint8Array.of(0x22, 0xff, 0xfe, 0x22), 'not_utf8'],
    ['overlong UTF-8', Uint8Array.of(0x22, 0xc0, 0x80, 0x22), 'not_utf8'],
    ['a surrogate in UTF-8', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), 'not_utf8'],
    ['null', payload('null'), 'shape'],
    ['a number', payload('7'), 'shape'],
    ['1e999', payload('1e999'), 'shape'],
    ['a list', payload('[]'), 'shape'],
    ['no field', payload('{}'), 'shape'],
    ['a prototype', payload(`{"__proto__":${STATS_EXAMPLE}}`), 'shape'],
    ['another version', payload(STATS_EXAMPLE.replace('"v":1', '"v":2')), 'shape'],
  ])('%s', (_name, bytes, code) => {
    for (const parse of Object.values(parsers)) expect(codeOf(() => parse(decodePayload(bytes)))).toBe(code);
  });

  test.each([
    ['an infinite rate', '"packets_per_s":5120', '"packets_per_s":1e999', 'packets_per_s'],
    ['a negative rate', '"bits_per_s":48213120', '"bits_per_s":-1', 'bits_per_s'],
    ['a negative counter', '"packets_total":152', '"packets_total":-152', 'packets_total'],
    ['a fraction', '"packets_total":152', '"packets_total":152.5', 'packets_total'],
    ['a string for a counter', '"packets_total":152', '"packets_total":"152"', 'packets_total'],
    ['a counter beyond 20 digits', '18446744073709551615', '184467440737095516150', 'bytes_total'],
    ['a text for what came in', '"packets_in_total":150', '"packets_in_total":"150"', 'packets_in_total'],
    ['a sum that does not hold', '[100,50,0,0,0,2,0]', '[100,50,0,0,0,2,1]', 'sizes_total'],
    ['no list of sizes', '[100,50,0,0,0,2,0]', '{"length":7}', 'sizes_total'],
    ['10,000 sizes', '[100,50,0,0,0,2,0]', `[${'0,'.repeat(9_999)}152]`, 'sizes_total'],
    ['a number for a text', '"ts":"2026-11-21T10:02:31.262Z"', '"ts":1', 'ts'],
    ['a missing null', '"dropped_total":0,', '', 'dropped_total'],
    ['a list of filters that is none', '"filters":[', '"filters":null,"other":[', 'filters'],
  ])('stats with %s names the field', (_name, sound, broken, field) => {
    expect(STATS_EXAMPLE).toContain(sound);
    const bytes = payload(STATS_EXAMPLE.replace(sound, broken));
    expect(codeOf(() => parseStats(decodePayload(bytes)))).toBe('shape');
    expect(() => parseStats(decodePayload(bytes))).toThrow(`"${field}"`);
  });

  test('a field on a polluted Object.prototype is not taken for one of the message', () => {
    Object.defineProperty(Object.prototype, 'seq', { value: 1, configurable: true });
    try {
      const bytes = payload(STATS_EXAMPLE.replace('"seq":7231,', ''));
      expect(() => parseStats(decodePayload(bytes))).toThrow('"seq"');
    } finally {
      Reflect.deleteProperty(Object.prototype, 'seq');
    }
  });

  test('reads what a daemon before 0.2 says: `count` for what a packet is, and nothing of outputs and triggers', () => {
    fc.assert(
      fc.property(info, (message) => {
        const older = {
          ...message,
          outputs: undefined,
          triggers: undefined,
          interfaces: message.interfaces.map(({ packet, ...rest }) => ({ ...rest, count: packet })),
        };
        expect(parseInfo(JSON.parse(JSON.stringify(older)))).toEqual({
          ...message,
          outputs: [],
          triggers: [],
        });
      }),
    );
  });

  test('takes what came in for unknown where a daemon before 0.2 does not say it', () => {
    const older = STATS_EXAMPLE.replace('"packets_in_total":150,"bytes_in_total":9007199254740993,', '');
    const [filter] = parseStats(decodePayload(payload(older))).filters;
    expect(filter).toMatchObject({ packets_in_total: null, bytes_in_total: null });
  });

  test('any JSON at all gives a message or a ProtocolError', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        for (const parse of Object.values(parsers)) codeOf(() => parse(decodePayload(payload(json))));
      }),
    );
  });

  test('any value in the place of a field gives a message or a ProtocolError', () => {
    const sound = JSON.parse(STATS_EXAMPLE) as Record<string, unknown>;
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(sound)), fc.jsonValue(), (field, value) => {
        codeOf(() => parseStats({ ...sound, [field]: value }));
      }),
    );
  });

  test('any bytes at all give a value or a ProtocolError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        codeOf(() => decodePayload(bytes));
      }),
    );
  });
});
