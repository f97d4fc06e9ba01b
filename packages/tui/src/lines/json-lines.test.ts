import { decodePayload, ProtocolError, parseStats } from '@ifcast/protocol';
import { expect, test } from 'vitest';
import { info, NOW, stats } from '../fixtures.ts';
import type { DashboardEvent } from '../store/events.ts';
import { encodeEvent, JSON_SCHEMA, parseEvent } from './json-lines.ts';

const HEAD = { schema: JSON_SCHEMA, at: '2026-11-21T14:03:22.000Z' };

test.each<[DashboardEvent, object]>([
  [
    { at: NOW, type: 'status', host: 'gw-01', status: 'online', retained: true },
    { ...HEAD, type: 'status', host: 'gw-01', status: 'online', retained: true },
  ],
  [
    { at: NOW, type: 'info', host: 'gw-01', info: info() },
    { ...HEAD, type: 'info', host: 'gw-01', info: info() },
  ],
  [
    { at: NOW, type: 'disconnected', broker: 'mqtt://h', attempt: 2, reason: 'gone', retryAt: NOW + 1000 },
    {
      ...HEAD,
      type: 'disconnected',
      broker: 'mqtt://h',
      attempt: 2,
      reason: 'gone',
      retryAt: '2026-11-21T14:03:23.000Z',
    },
  ],
  [
    { at: NOW, type: 'rejected', topic: 't', reason: 'r' },
    { ...HEAD, type: 'rejected', topic: 't', reason: 'r' },
  ],
])('$type', (event, expected) => {
  const line = encodeEvent(event);
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toEqual(expected);
});

test('counters keep every digit', () => {
  const [all] = stats(NOW).filters;
  const packets = 2n ** 63n - 1n;
  const big = { ...stats(NOW), filters: [{ ...all!, packets_total: packets, sizes_total: [packets] }] };
  const line = encodeEvent({ at: NOW, type: 'stats', host: 'gw-01', iface: 'eth0', stats: big });
  expect(line).toContain('"packets_total":9223372036854775807,');
  const parsed = decodePayload(new TextEncoder().encode(line)) as { stats: unknown };
  expect(parseStats(parsed.stats)).toEqual(big);
  expect(parsed).toMatchObject({ ...HEAD, type: 'stats', host: 'gw-01', iface: 'eth0' });
});

function parse(line: string): unknown {
  return parseEvent(new TextEncoder().encode(line));
}

test.each<DashboardEvent>([
  { at: NOW, type: 'connecting', broker: 'mqtt://h', attempt: 1 },
  { at: NOW, type: 'connected', broker: 'mqtt://h' },
  { at: NOW, type: 'disconnected', broker: 'mqtt://h', attempt: 2, reason: 'gone', retryAt: NOW + 1000 },
  { at: NOW, type: 'status', host: 'gw-01', status: 'offline', retained: false },
  { at: NOW, type: 'info', host: 'gw-01', info: info() },
  { at: NOW, type: 'stats', host: 'gw-01', iface: 'eth0', stats: stats(NOW) },
  { at: NOW, type: 'removed', host: 'gw-01' },
  { at: NOW, type: 'rejected', topic: 't', reason: 'r' },
  { at: NOW, type: 'problem', text: 'p' },
])('$type comes back as it was written', (event) => {
  expect(parse(encodeEvent(event))).toEqual(event);
});

test.each([
  ['', 'not JSON'],
  ['null', 'field "event"'],
  ['{"schema":2}', 'field "schema" is not 1'],
  ['{"schema":1,"at":"yesterday","type":"connected","broker":"b"}', 'field "at" is not a time'],
  ['{"schema":1,"at":"2026-11-21T14:03:22.000Z","type":"connected"}', 'field "broker"'],
  [
    '{"schema":1,"at":"2026-11-21T14:03:22.000Z","type":"stats","host":"h","iface":"i","stats":{}}',
    'field "v"',
  ],
  ['{"schema":1,"at":"2026-11-21T14:03:22.000Z","type":"status","host":"h","status":"?"}', 'field "status"'],
])('%s is refused', (line, words) => {
  expect(() => parse(line)).toThrow(ProtocolError);
  expect(() => parse(line)).toThrow(words);
});

test('a type of a later version is passed over, texts are made harmless', () => {
  const head = '{"schema":1,"at":"2026-11-21T14:03:22.000Z",';
  expect(parse(`${head}"type":"weather"}`)).toBeNull();
  expect(parse(`${head}"type":"problem","text":"a\\u001b[2Jb"}`)).toMatchObject({ text: 'a�[2Jb' });
});
