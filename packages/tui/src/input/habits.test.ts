import { expect, test } from 'vitest';

import { habitsFrom, habitsOf } from './habits.ts';
import { INITIAL_HABITS, INITIAL_VIEW } from './view.ts';

test('what a screen was left with comes back', () => {
  const left = {
    ...INITIAL_HABITS,
    mode: 'table',
    units: 'bytes-iec',
    sort: 'lost',
    reversed: true,
  } as const;
  expect(habitsFrom({ ...habitsOf({ ...INITIAL_VIEW, ...left }) })).toEqual(left);
});

test('words that are no choice are none', () => {
  expect(habitsFrom({ mode: 'x', units: true, sort: '__proto__', reversed: 'yes', other: 'bits' })).toEqual(
    {},
  );
});
