import fc from 'fast-check';
import { expect, test } from 'vitest';

import { DEFAULT_SIZE_UPPER_BOUNDS, sizeBucket, sizeBucketLabels } from './size-buckets.ts';

test.each([
  [0, 0],
  [64, 0],
  [65, 1],
  [127, 1],
  [128, 2],
  [255, 2],
  [256, 3],
  [511, 3],
  [512, 4],
  [1023, 4],
  [1024, 5],
  [1512, 5],
  [1513, 6],
  [65_535, 6],
])('a packet of %i bytes is in bucket %i', (wireLength, bucket) => {
  expect(sizeBucket(DEFAULT_SIZE_UPPER_BOUNDS, wireLength)).toBe(bucket);
});

test('a bucket holds what is at most its bound and above the one before', () => {
  const bounds = fc
    .uniqueArray(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 15 })
    .map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(bounds, fc.nat(70_001), (upper, wireLength) => {
      const bucket = sizeBucket(upper, wireLength);
      expect(wireLength).toBeLessThanOrEqual(upper[bucket] ?? Number.POSITIVE_INFINITY);
      expect(wireLength).toBeGreaterThan(upper[bucket - 1] ?? -1);
    }),
  );
});

test('labels name the bounds', () => {
  expect(sizeBucketLabels(DEFAULT_SIZE_UPPER_BOUNDS)).toEqual([
    '≤64',
    '65+',
    '128+',
    '256+',
    '512+',
    '1024+',
    '1513+',
  ]);
  expect(sizeBucketLabels([])).toEqual(['all']);
});
