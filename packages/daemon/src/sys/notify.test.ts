import { expect, test } from 'vitest';

import { notifyServiceManager, watchdogIntervalMs } from './notify.ts';

test('without a service manager nothing happens', () => {
  expect(notifyServiceManager(['READY=1'], {})).toBe(false);
  expect(notifyServiceManager(['READY=1'], { NOTIFY_SOCKET: '' })).toBe(false);
});

test.each([
  ['/nowhere/to/be/found', 'ENOENT'],
  ['relative', 'EINVAL'],
  [`/${'x'.repeat(108)}`, 'EINVAL'],
])('a socket that cannot be reached is an error (%s)', (path, code) => {
  expect(() => notifyServiceManager(['READY=1'], { NOTIFY_SOCKET: path })).toThrow(`notify ${path}: ${code}`);
});

test.each([
  [{}, null],
  [{ WATCHDOG_USEC: '30000000' }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, null],
  [{ WATCHDOG_USEC: '1' }, 1],
  [{ WATCHDOG_USEC: '0' }, null],
  [{ WATCHDOG_USEC: 'x' }, null],
])('the watchdog of %j is told every %j ms', (env, interval) => {
  expect(watchdogIntervalMs(env, 7)).toBe(interval);
});
