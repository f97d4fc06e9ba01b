import { expect, it } from 'vitest';

import { backOffMs } from './back-off.ts';

it('doubles from 1 s to 8 s, at most half of it taken off by chance', () => {
  const wait = (failures: number, random: number) =>
    backOffMs(failures, { minMs: 1000, maxMs: 8000, random: () => random });
  expect([1, 2, 3, 4, 5, 100_000].map((failures) => wait(failures, 0))).toEqual([
    500, 1000, 2000, 4000, 4000, 4000,
  ]);
  expect([1, 2, 3, 4, 5, 100_000].map((failures) => wait(failures, 1))).toEqual([
    1000, 2000, 4000, 8000, 8000, 8000,
  ]);
});
