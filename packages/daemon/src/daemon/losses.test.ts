import { expect, test } from 'vitest';

import { Losses } from './losses.ts';

test('tells how many since the last time, once a minute for each interface', () => {
  const losses = new Losses();
  const of = (iface: string, dropped: bigint | null, s: number): bigint =>
    losses.of({
      iface,
      takenAt: new Date(0),
      monotonicMs: s * 1000,
      counts: { since: new Date(0), dropped, filters: [] },
    });
  expect(of('eth0', 0n, 0)).toBe(0n);
  expect(of('eth0', 5n, 1)).toBe(5n);
  expect(of('eth1', 7n, 2)).toBe(7n);
  expect(of('eth2', null, 2)).toBe(0n);
  expect(of('eth0', 9n, 60)).toBe(0n);
  expect(of('eth0', 12n, 61)).toBe(7n);
  expect(of('eth0', 12n, 200)).toBe(0n);
  // The totals have started again.
  expect(of('eth0', 3n, 201)).toBe(3n);
});
