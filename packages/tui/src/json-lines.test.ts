import { decodePayload, parseStats } from '@ifcast/protocol';
import { expect, test } from 'vitest';

import type { DashboardEvent } from './events.ts';
import { info, NOW, stats } from './fixtures.ts';
import { encodeEvent, JSON_SCHEMA } from './json-lines.ts';

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
