import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { FilterTotals, InterfaceSnapshot } from '../../report/counts.ts';
import { ratesBetween } from './rates.ts';

const SINCE = new Date('2026-11-21T08:00:00Z');

function at(monotonicMs: number, ...filters: FilterTotals[]): InterfaceSnapshot {
  return {
    iface: 'eth0',
    // The wall clock goes backwards: nothing may depend on it.
    takenAt: new Date(SINCE.getTime() - monotonicMs),
    monotonicMs,
    counts: { since: SINCE, dropped: null, filters },
  };
}

function totals(id: string, packets: bigint, bytes: bigint, since = SINCE): FilterTotals {
  return { id, since, bytes, sizes: [packets, 0n], incoming: null };
}

const UNKNOWN = { packetsPerS: null, bitsPerS: null };

describe('ratesBetween', () => {
  it('is computed over the measured time', () => {
    expect(ratesBetween(at(1000, totals('a', 5n, 100n)), at(1512, totals('a', 2565n, 1_000_100n)))).toEqual([
      { packetsPerS: 5000, bitsPerS: 15_625_000 },
    ]);
  });

  it('keeps thousandths and nothing finer', () => {
    expect(ratesBetween(at(0, totals('a', 0n, 0n)), at(30_000, totals('a', 1n, 60n)))).toEqual([
      { packetsPerS: 0.033, bitsPerS: 16 },
    ]);
  });

  it('is unknown without an earlier snapshot, without time in between, for a new filter and for new totals', () => {
    const now = at(1000, totals('a', 5n, 100n), totals('b', 5n, 100n, new Date(0)), totals('c', 5n, 100n));
    expect(ratesBetween(undefined, now)).toEqual([UNKNOWN, UNKNOWN, UNKNOWN]);
    expect(ratesBetween(now, now)).toEqual([UNKNOWN, UNKNOWN, UNKNOWN]);
    const before = at(0, totals('c', 5n, 100n), totals('b', 1n, 10n));
    expect(ratesBetween(before, now)).toEqual([UNKNOWN, UNKNOWN, { packetsPerS: 0, bitsPerS: 0 }]);
  });

  it('gives back what was counted, whatever the totals', () => {
    const total = fc.bigInt({ min: 0n, max: 2n ** 63n });
    const more = fc.bigInt({ min: 0n, max: 10n ** 9n });
    fc.assert(
      fc.property(total, more, fc.integer({ min: 1, max: 10_000_000 }), (start, added, elapsedMs) => {
        const [rates] = ratesBetween(
          at(7, totals('a', start, start)),
          at(7 + elapsedMs, totals('a', start + added, start + added)),
        );
        const seconds = elapsedMs / 1000;
        // Rounded to the thousandth, and a double carries 15 digits.
        const tolerance = 0.0005 * seconds + 1e-9 * Number(added) + 1e-9;
        expect(Math.abs(rates!.packetsPerS! * seconds - Number(added))).toBeLessThanOrEqual(tolerance);
        expect(Math.abs((rates!.bitsPerS! * seconds) / 8 - Number(added))).toBeLessThanOrEqual(tolerance);
      }),
    );
  });
});
