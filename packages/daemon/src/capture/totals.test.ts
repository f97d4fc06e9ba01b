import { expect, test } from 'vitest';

import { Totals } from './totals.ts';

const BOUNDS = [64, 127];
const NOTHING_TOLD = { losses: false, directions: false };
const ALL = { id: 'all', expression: '' };
const WEB = { id: 'web', expression: 'tcp port 443' };

function clock(): () => Date {
  let at = 0;
  return () => new Date(at++);
}

test('adds up and keeps buckets apart', () => {
  const totals = new Totals([ALL, WEB], BOUNDS, NOTHING_TOLD, clock());
  totals.add(0, { bytes: 100n, sizes: [1n, 0n, 0n], incoming: null });
  totals.add(0, { bytes: 1500n, sizes: [0n, 0n, 1n], incoming: null });
  totals.add(1, { bytes: 1500n, sizes: [0n, 0n, 1n], incoming: null });
  const { filters, dropped } = totals.read();
  expect(dropped).toBeNull();
  expect(filters).toMatchObject([
    { id: 'all', bytes: 1600n, sizes: [1n, 0n, 1n] },
    { id: 'web', bytes: 1500n, sizes: [0n, 0n, 1n] },
  ]);
});

test('refuses counts of another shape', () => {
  const totals = new Totals([ALL], BOUNDS, NOTHING_TOLD);
  expect(() => totals.add(0, { bytes: 1n, sizes: [1n], incoming: null })).toThrow(RangeError);
  expect(() => totals.add(1, { bytes: 1n, sizes: [1n, 0n, 0n], incoming: null })).toThrow(RangeError);
});

test('hands out copies', () => {
  const totals = new Totals([ALL], BOUNDS, NOTHING_TOLD);
  const before = totals.read();
  totals.add(0, { bytes: 60n, sizes: [1n, 0n, 0n], incoming: null });
  expect(before.filters[0]?.sizes).toEqual([0n, 0n, 0n]);
});

test('a filter that stays keeps its totals wherever it stands, a new one starts at 0', () => {
  const totals = new Totals([ALL, WEB], BOUNDS, NOTHING_TOLD, clock());
  totals.add(1, { bytes: 60n, sizes: [1n, 0n, 0n], incoming: null });
  const before = totals.read();
  totals.replace([WEB, { id: 'dns', expression: 'port 53' }], BOUNDS);
  const after = totals.read();
  expect(after.since).toEqual(before.since);
  expect(after.filters[0]).toEqual(before.filters[1]);
  expect(after.filters[1]).toMatchObject({ id: 'dns', bytes: 0n, sizes: [0n, 0n, 0n] });
  expect(after.filters[1]?.since).not.toEqual(before.since);
});

test('since moves when an id starts again: another expression, other bounds', () => {
  const totals = new Totals([ALL, WEB], BOUNDS, NOTHING_TOLD, clock());
  const { since } = totals.read();
  totals.add(0, { bytes: 60n, sizes: [1n, 0n, 0n], incoming: null });
  totals.replace([ALL, { id: 'web', expression: 'port 80' }], BOUNDS);
  const changed = totals.read();
  expect(changed.since).not.toEqual(since);
  expect(changed.filters[0]?.bytes).toBe(60n);
  totals.replace([ALL], [100]);
  const bounds = totals.read();
  expect(bounds.since).not.toEqual(changed.since);
  expect(bounds.filters).toMatchObject([{ id: 'all', bytes: 0n, sizes: [0n, 0n] }]);
});

test('a filter that was away goes on where it was, so that no total falls while since stands', () => {
  const totals = new Totals([ALL, WEB], BOUNDS, NOTHING_TOLD, clock());
  totals.add(1, { bytes: 60n, sizes: [1n, 0n, 0n], incoming: null });
  const before = totals.read();
  totals.replace([ALL], BOUNDS);
  totals.replace([ALL, WEB], BOUNDS);
  expect(totals.read()).toEqual(before);
});
