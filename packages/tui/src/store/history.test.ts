import fc from 'fast-check';
import { expect, test } from 'vitest';

import { History } from './history.ts';

const START = 1_800_000_000_000;

function bits(history: History, until: number, cellMs: number, cells: number): number[] {
  return [...history.series('bits', until, cellMs, cells)].map((value) => Math.round(value * 1000) / 1000);
}

test('a constant rate is constant in every cell, whatever the interval of the broadcasts', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 30_000 }),
      fc.integer({ min: 0, max: 9_999 }),
      (intervalMs, shift) => {
        const history = new History();
        const end = START + shift;
        for (let at = end - 400_000; at <= end; at += intervalMs) history.add(at, intervalMs, 5_000, 7);
        const last = end - (400_000 % intervalMs) - 1;
        for (const value of history.series('bits', last, 1_000, 60)) expect(value).toBeCloseTo(5_000);
        for (const value of history.series('packets', last, 5_000, 13)) expect(value).toBeCloseTo(7);
        for (const value of history.series('packets', last, 10_000, 36)) expect(value).toBeCloseTo(7);
      },
    ),
  );
});

test('the mean over the cells is the mean that was told', () => {
  const history = new History();
  // 0 for a second, 1000 for the next: told in one broadcast every 500 ms.
  for (let index = 1; index <= 8; index++) {
    history.add(START + index * 500, 500, index % 4 === 1 || index % 4 === 2 ? 0 : 1000, 0);
  }
  expect(bits(history, START + 3_999, 1_000, 4)).toEqual([0, 1000, 0, 1000]);
  expect(bits(history, START + 3_999, 2_000, 2)).toEqual([500, 500]);
});

test('where nothing came, nothing is known', () => {
  const history = new History();
  history.add(START + 1_000, 1_000, 10, 1);
  history.add(START + 6_000, 1_000, 20, 1);
  expect(bits(history, START + 6_500, 1_000, 8)).toEqual(
    [Number.NaN, 10, Number.NaN, Number.NaN, Number.NaN, Number.NaN, 20, Number.NaN].slice(0, 8),
  );
});

test('an hour is kept, not more', () => {
  const history = new History();
  for (let second = 1; second <= 2 * 3600; second++) history.add(START + second * 1000, 1000, second, 0);
  const end = START + 2 * 3600 * 1000 - 1;
  const hour = [...history.series('bits', end, 10_000, 370)];
  expect(hour.filter(Number.isNaN)).toHaveLength(10);
  expect(hour[10]).toBeCloseTo(3605.5);
  expect(hour[369]).toBeCloseTo(7195.5);
  expect([...history.series('bits', end, 1_000, 250)].filter(Number.isNaN)).toHaveLength(10);
});

test('a burst after a stall, or a clock set back, breaks nothing', () => {
  const history = new History();
  history.add(START, 500, 10, 1);
  for (let index = 0; index < 5; index++) history.add(START + 10_000, 500, 30, 1);
  history.add(START + 9_000, 500, 30, 1);
  history.add(START + 10_500, 500, 30, 1);
  const values = bits(history, START + 10_999, 1_000, 12);
  expect(values[0]).toBe(10);
  expect(values.slice(-2)).toEqual([30, 30]);
});

test('a gap longer than the memory leaves nothing of before', () => {
  const history = new History();
  history.add(START, 1000, 10, 1);
  history.add(START + 5 * 3_600_000, 1000, 20, 1);
  const values = [...history.series('bits', START + 5 * 3_600_000, 10_000, 360)];
  expect(values.filter((value) => !Number.isNaN(value))).toEqual([20]);
});

test('a clone does not see what comes later', () => {
  const history = new History();
  history.add(START + 1000, 1000, 10, 1);
  const copy = history.clone();
  history.add(START + 2000, 1000, 20, 1);
  expect(bits(copy, START + 1_999, 1_000, 2)).toEqual([10, Number.NaN]);
  expect(bits(history, START + 1_999, 1_000, 2)).toEqual([10, 20]);
});

test('the peak of a cell is the largest rate that was told in it, whatever its length', () => {
  const history = new History();
  for (let index = 1; index <= 120; index++) {
    history.add(START + index * 500, 500, index === 61 ? 990 : 10, index === 61 ? 9 : 1);
  }
  const peaks = (cellMs: number, cells: number): number[] => [
    ...history.series('bits', START + 59_999, cellMs, cells, 'peak'),
  ];
  for (const cellMs of [1_000, 5_000, 10_000, 30_000]) {
    expect(Math.max(...peaks(cellMs, 60_000 / cellMs))).toBe(990);
    expect(peaks(cellMs, 60_000 / cellMs).filter((peak) => peak === 990)).toHaveLength(1);
  }
  expect(Math.max(...history.series('packets', START + 59_999, 10_000, 6, 'peak'))).toBe(9);
  expect(Math.max(...history.clone().series('bits', START + 59_999, 10_000, 6, 'peak'))).toBe(990);
});
