import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOW, stateAfter, stats } from '../fixtures.ts';
import type { DashboardEvent } from './events.ts';
import { peakOf, zeroPeaks } from './peaks.ts';
import type { CountedInterface, State } from './state.ts';
import { reduce } from './store.ts';

const [ALL] = stats(NOW).filters;

function broadcasts(rates: readonly (readonly [bits: number | null, packets: number | null])[]) {
  return rates.map(([bits_per_s, packets_per_s], index): DashboardEvent => {
    const at = NOW + index * 500;
    const filters = [{ ...ALL!, bits_per_s, packets_per_s }];
    return { at, type: 'stats', host: 'h', iface: 'i', stats: { ...stats(at), filters } };
  });
}

function counted(state: State): CountedInterface {
  return state.interfaces.get('h/i')!;
}

test('the largest of all rates that were told, bits and packets each by itself', () => {
  const rate = fc.double({ min: 0, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(rate, rate), { minLength: 1, maxLength: 50 }), (rates) => {
      const peak = peakOf(counted(stateAfter(...broadcasts(rates))), 'all', false);
      expect(peak).toEqual({
        bitsPerS: Math.max(...rates.map(([bits]) => bits)),
        packetsPerS: Math.max(...rates.map(([, packets]) => packets)),
      });
    }),
  );
});

test('one short burst stays, however long ago', () => {
  const rates = Array.from({ length: 20_000 }, (_, index): [number, number] => [index === 7 ? 990e6 : 1, 1]);
  expect(peakOf(counted(stateAfter(...broadcasts(rates))), 'all', false)?.bitsPerS).toBe(990e6);
});

test('unknown while no rate has been told', () => {
  expect(peakOf(counted(stateAfter(...broadcasts([[null, null]]))), 'all', false)).toBeNull();
  expect(peakOf(counted(stateAfter(...broadcasts([[1, 1]]))), 'none', false)).toBeNull();
});

test('begins again at zero, and the peak since the program began stays', () => {
  const before = stateAfter(...broadcasts([[990, 9]]));
  const zeroed = zeroPeaks(before);
  expect(peakOf(counted(zeroed), 'all', true)).toBeNull();
  const after = counted(reduce(zeroed, broadcasts([[100, 10]])));
  expect(peakOf(after, 'all', true)).toEqual({ bitsPerS: 100, packetsPerS: 10 });
  expect(peakOf(after, 'all', false)).toEqual({ bitsPerS: 990, packetsPerS: 10 });
  expect(peakOf(counted(before), 'all', true)).toEqual({ bitsPerS: 990, packetsPerS: 9 });
});

test('a filter that is not counted any more is not kept', () => {
  const other = (id: string): DashboardEvent => {
    const filters = [{ ...ALL!, id, bits_per_s: 1, packets_per_s: 1 }];
    return { at: NOW, type: 'stats', host: 'h', iface: 'i', stats: { ...stats(NOW), filters } };
  };
  const state = stateAfter(...Array.from({ length: 100 }, (_, index) => other(`f${index}`)));
  expect([...counted(state).peaks.ever.keys()]).toEqual(['f99']);
});
