import { expect, it } from 'vitest';

import { deviceIdOf } from './discovery.ts';

it('deviceIdOf reads both forms and nothing else', () => {
  expect(deviceIdOf('a/b', 'a/b/device/x/config')).toBe('x');
  expect(deviceIdOf('a/b', 'a/b/sensor/x/y/config')).toBe('x');
  expect(deviceIdOf('a/b', 'a/b/binary_sensor/x/y/config')).toBe('x');
  for (const topic of [
    'a/device/x/config',
    'a/b/device/n/x/config',
    'a/b/switch/x/y/config',
    'a/b/sensor/x/config',
    'a/b/status',
  ]) {
    expect(deviceIdOf('a/b', topic)).toBeNull();
  }
});
