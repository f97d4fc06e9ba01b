import { describe, expect, test } from 'vitest';
import { CONNECTED, INTERFACE, infoEvent, LIVE_EVENTS, NOW, ONLINE, stats } from '../fixtures.ts';
import type { DashboardEvent } from './events.ts';
import { selected } from './selection.ts';

const BOTH = infoEvent({ interfaces: [INTERFACE, { ...INTERFACE, name: 'eth1', topic: 'eth1' }] });
const OTHER: DashboardEvent = {
  at: NOW,
  type: 'stats',
  host: 'gw-01',
  iface: 'eth1',
  stats: stats(NOW),
};

test('all is everything, untouched', () => {
  const all = { onlyHost: '+', onlyInterface: '+' };
  for (const event of [...LIVE_EVENTS, BOTH, OTHER]) expect(selected(event, all)).toBe(event);
});

test('a host is what it says and what happens to the connection', () => {
  const only = (event: DashboardEvent): unknown => selected(event, { onlyHost: 'gw-02', onlyInterface: '+' });
  for (const event of [ONLINE, BOTH, OTHER]) expect(only(event)).toBeNull();
  expect(only(CONNECTED)).toBe(CONNECTED);
  expect(only({ ...ONLINE, type: 'removed', host: 'gw-02' })).not.toBeNull();
});

describe('an interface is alone', () => {
  const only = (event: DashboardEvent): unknown =>
    selected(event, { onlyHost: 'gw-01', onlyInterface: 'eth0' });
  test('in broadcasts', () => {
    expect(only(OTHER)).toBeNull();
    expect(only(LIVE_EVENTS.at(-1)!)).toBe(LIVE_EVENTS.at(-1));
  });
  test('and in what its host says of itself', () => {
    expect(only(BOTH)).toMatchObject({ info: { interfaces: [{ name: 'eth0' }] } });
    expect(only(ONLINE)).toBe(ONLINE);
  });
});
