import fc from 'fast-check';
import { expect, test } from 'vitest';

import { SizeTally, sizeBucket } from './size-tally.ts';

const BOUNDS = [64, 127, 255, 511, 1023, 1512];

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
  expect(sizeBucket(BOUNDS, wireLength)).toBe(bucket);
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

test('counts filters apart, and goes on in memory that another has counted into', () => {
  const memory = new ArrayBuffer(SizeTally.bytes(BOUNDS, 2));
  const count = (tally: SizeTally, wireLength: number, filters: readonly number[]): void => {
    const info = { untaggedLength: wireLength, packetType: 0, protocol: 0, ifindex: 0, vlan: null };
    tally.begin({ data: new Uint8Array(), info, wireLength });
    for (const filter of filters) tally.match(filter);
  };
  const tally = new SizeTally(BOUNDS, memory);
  count(tally, 60, [0, 1]);
  count(tally, 1514, [1]);
  expect(tally.read(0)).toEqual({
    bytes: 60n,
    sizes: [1n, 0n, 0n, 0n, 0n, 0n, 0n],
    incoming: null,
  });
  const next = new SizeTally(BOUNDS, memory);
  count(next, 1514, [1]);
  expect(next.read(1)).toEqual({
    bytes: 3088n,
    sizes: [1n, 0n, 0n, 0n, 0n, 0n, 2n],
    incoming: null,
  });
  next.clear(1);
  expect(tally.read(1).bytes).toBe(0n);
  expect(tally.read(0).bytes).toBe(60n);
});
