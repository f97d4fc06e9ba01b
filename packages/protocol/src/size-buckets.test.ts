import { expect, test } from 'vitest';

import { DEFAULT_SIZE_UPPER_BOUNDS, sizeBucketLabels } from './size-buckets.ts';

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
