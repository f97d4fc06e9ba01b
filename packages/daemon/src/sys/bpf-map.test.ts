import { expect, it } from 'vitest';

import { countCpus } from './bpf-map.ts';

it.each([
  ['0\n', 1],
  ['0-3\n', 4],
  ['0-3,8', 5],
  ['0,2-3,128-255', 131],
])('countCpus of %j is %d', (list, expected) => {
  expect(countCpus(list)).toBe(expected);
});
