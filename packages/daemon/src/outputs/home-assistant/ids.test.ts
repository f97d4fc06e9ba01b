import { topicLevel } from '@ifcast/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { deviceId, entityId } from './ids.ts';

describe('deviceId', () => {
  it.each([
    [['gw'], 'ifcast_gw'],
    [['gw', 'eth0'], 'ifcast_gw_eth0'],
    [['gw', 'eth0.100'], 'ifcast_gw_eth0__100'],
    [['gw_lan', 'lo'], 'ifcast_gw__lan_lo'],
    [['gw', 'lan_lo'], 'ifcast_gw_lan__lo'],
    [['gw', '_x'], 'ifcast_gw_-__x'],
  ] as [[string, ...string[]], string][])('of %j is %s', (names, id) => {
    expect(deviceId(...names)).toBe(id);
  });

  it('is one that Home Assistant takes in a topic, and that no other names have', () => {
    const name = fc.string({ unit: fc.constantFrom('a', '_', '-', '.'), minLength: 1, maxLength: 5 });
    const names = fc.array(name, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(names, names, (some, others) => {
        const [id, other] = [some, others].map(([host = '', ...rest]) => deviceId(host, ...rest));
        expect(id).toMatch(/^[a-zA-Z0-9_-]+$/);
        const same = JSON.stringify(some.map(topicLevel)) === JSON.stringify(others.map(topicLevel));
        expect(id === other).toBe(same);
      }),
      { numRuns: 5000 },
    );
  });
});

it('entityId holds what an entity id may hold', () => {
  expect(entityId('sensor', 'GW-1.home', 'eth0.100', 'web', 'packets ≤64 B')).toBe(
    'sensor.ifcast_gw_1_home_eth0_100_web_packets_64_b',
  );
  expect(entityId('sensor', 'gw', 'ü')).toBe('sensor.ifcast_gw');
});
