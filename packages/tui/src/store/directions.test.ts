import type { Stats } from '@ifcast/protocol';
import { expect, test } from 'vitest';

import { NOW, stats } from '../fixtures.ts';
import { directionsOf } from './directions.ts';

function told(seq: number, bytes: bigint, bytesIn: bigint | null): Stats {
  const [filter] = stats(NOW).filters;
  return {
    ...stats(NOW),
    seq,
    interval_ms: 500,
    filters: [{ ...filter!, bytes_total: bytes, bytes_in_total: bytesIn }],
  };
}

function between(before: Stats | null, after: Stats): ReturnType<typeof directionsOf> {
  return directionsOf(before, after, after.filters[0]!);
}

test('what came in is told, what is left went out', () => {
  expect(between(told(1, 1_000n, 400n), told(2, 4_000n, 1_400n))).toEqual({
    inBitsPerS: 16_000,
    outBitsPerS: 32_000,
  });
});

test.each([
  ['nothing was told before', null, told(2, 4_000n, 1_400n)],
  ['it is not told', told(1, 1_000n, null), told(2, 4_000n, null)],
  ['it was not told before', told(1, 1_000n, null), told(2, 4_000n, 1_400n)],
  ['totals began again', told(1, 1_000n, 400n), told(2, 100n, 50n)],
])('not where %s', (_, before, after) => {
  expect(between(before, after)).toBeNull();
});
