import { expect, test } from 'vitest';

import { TickLag } from './tick-lag.ts';

test('gives the 99th percentile since the last reading', () => {
  const lag = new TickLag();
  for (let i = 1; i <= 200; i++) lag.add(i);
  expect(lag.takeP99()).toBe(198);
  expect(lag.takeP99()).toBe(0);
});

test('keeps a bounded number of ticks', () => {
  const lag = new TickLag();
  for (let i = 0; i < 100_000; i++) lag.add(i);
  expect(lag.takeP99()).toBeLessThan(600);
});
