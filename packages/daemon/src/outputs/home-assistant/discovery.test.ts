import { expect, it } from 'vitest';

import { discoveryTopic } from './discovery.ts';

it('discoveryTopic reads both forms below any prefix, and nothing else', () => {
  expect(discoveryTopic('a/b/device/x/config')).toEqual({ prefix: 'a/b', id: 'x', isDevice: true });
  expect(discoveryTopic('a/sensor/x/y/config')).toEqual({ prefix: 'a', id: 'x', isDevice: false });
  expect(discoveryTopic('a/binary_sensor/x/y/config')).toEqual({ prefix: 'a', id: 'x', isDevice: false });
  for (const topic of [
    'a/device/n/x/config',
    'a/switch/x/y/config',
    'a/sensor/x/config',
    'a/status',
    'device/x/config',
  ]) {
    expect(discoveryTopic(topic)).toBeNull();
  }
});
