import { expect, test } from 'vitest';
import { CONNECTED, NOW, stateAfter, stats } from '../fixtures.ts';
import type { DashboardEvent } from './events.ts';
import { Ranking, type Sort } from './ranking.ts';
import type { State } from './state.ts';
import { reduce } from './store.ts';

/** Interfaces a, b, c, … with these rates for the last 20 seconds. */
function state(rates: Readonly<Record<string, number>>, at = NOW, before?: State): State {
  const [all] = stats(NOW).filters;
  const events = Object.entries(rates).flatMap(([iface, bitsPerS]) =>
    Array.from({ length: 40 }, (_, index): DashboardEvent => {
      const filters = [{ ...all!, bits_per_s: bitsPerS, packets_per_s: 1 }];
      const when = at - (39 - index) * 500;
      return { at: when, type: 'stats', host: 'h', iface, stats: { ...stats(when), filters } };
    }),
  );
  return before === undefined ? stateAfter(CONNECTED, ...events) : reduce(before, events);
}

function order(
  ranking: Ranking,
  of: State,
  now = NOW,
  frozen = false,
  sort: Sort = 'rate',
  reversed = false,
): string {
  return ranking
    .order(of, { sort, reversed, filter: null }, frozen, now)
    .map((key) => key.slice(2))
    .join('');
}

test('the order is made anew only every five seconds', () => {
  const ranking = new Ranking();
  const before = state({ a: 3, b: 2, c: 1 });
  expect(order(ranking, before)).toBe('abc');
  const after = state({ a: 1, b: 2, c: 3 }, NOW + 20_000, before);
  expect(order(ranking, after, NOW + 4_900)).toBe('abc');
  expect(order(ranking, after, NOW + 20_000)).toBe('cba');
});

test('at once when the reader asks, or an interface comes', () => {
  const ranking = new Ranking();
  const before = state({ a: 3, b: 2, c: 1 });
  order(ranking, before);
  expect(order(ranking, before, NOW + 1, false, 'rate', true)).toBe('cba');
  expect(order(ranking, before, NOW + 2, false, 'name')).toBe('abc');
  order(ranking, before, NOW + 3);
  expect(order(ranking, state({ d: 9 }, NOW, before), NOW + 4)).toBe('dabc');
});

test('not at all while it is kept', () => {
  const ranking = new Ranking();
  const before = state({ a: 3, b: 2, c: 1 });
  order(ranking, before);
  const after = state({ a: 1, b: 2, c: 3, d: 9 }, NOW + 60_000, before);
  expect(order(ranking, after, NOW + 60_000, true)).toBe('abc');
  expect(order(ranking, after, NOW + 60_000, false)).toBe('dcba');
});

test('a short burst does not change places: the mean of ten seconds counts', () => {
  const ranking = new Ranking();
  const before = state({ a: 1_000, b: 900 });
  const [all] = stats(NOW).filters;
  const burst = { ...stats(NOW + 500), filters: [{ ...all!, bits_per_s: 1_500, packets_per_s: 1 }] };
  const after = reduce(before, [{ at: NOW + 500, type: 'stats', host: 'h', iface: 'b', stats: burst }]);
  expect(order(ranking, after, NOW + 500)).toBe('ab');
});

test('what is not live comes last', () => {
  const ranking = new Ranking();
  const before = state({ a: 9, b: 1 });
  const again = state({ b: 1 }, NOW + 30_000, before);
  expect(order(ranking, again, NOW + 30_000)).toBe('ba');
});
