import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { InterfaceFacts } from '../sys/network-interface.ts';
import { InterfaceWatch } from './interface-watch.ts';

const UP: InterfaceFacts = { ifindex: 7, up: true, mac: '02:00:00:00:00:01', hardwareType: 1 };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('tells of going, coming back under another ifindex, down and up, once each', () => {
  let now: InterfaceFacts | null = UP;
  const seen: (InterfaceFacts | null)[] = [];
  const watch = new InterfaceWatch(
    'eth0',
    () => now,
    (facts) => seen.push(facts),
  );
  expect(watch.start()).toEqual(UP);
  for (now of [
    UP,
    null,
    null,
    { ...UP, ifindex: 8 },
    { ...UP, ifindex: 8, up: false },
    { ...UP, ifindex: 8 },
  ]) {
    vi.advanceTimersByTime(500);
  }
  expect(seen).toEqual([
    null,
    { ...UP, ifindex: 8 },
    { ...UP, ifindex: 8, up: false },
    { ...UP, ifindex: 8 },
  ]);
  watch.stop();
  now = null;
  vi.advanceTimersByTime(5_000);
  expect(seen).toHaveLength(4);
});
