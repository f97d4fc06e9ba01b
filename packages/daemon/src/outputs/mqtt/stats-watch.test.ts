import { expect, it } from 'vitest';

import { StatsWatch } from './stats-watch.ts';

it('tells its own broadcasts from others, and which topics nothing comes back on', () => {
  let now = 0;
  const watch = new StatsWatch(() => now);
  expect(watch.received('a', 'before it was open')).toBe(false);
  watch.open();
  watch.sent('a', '1');
  watch.sent('b', '2');
  expect([watch.received('a', '1'), watch.received('a', '1'), watch.isComplete]).toEqual([
    false,
    true,
    false,
  ]);
  now = 4999;
  expect(watch.missing).toEqual([]);
  now = 5000;
  expect(watch.missing).toEqual(['b']);
  expect([watch.received('b', '2'), watch.missing, watch.isComplete]).toEqual([false, [], true]);
  watch.close();
  expect([watch.received('b', 'x'), watch.isComplete]).toEqual([false, false]);
});

it('is certain of nothing when nothing comes back', () => {
  const watch = new StatsWatch(() => 0);
  watch.open();
  for (let i = 0; i < 1000; i++) watch.sent('a', String(i));
  expect(watch.received('a', 'another')).toBe(false);
});
