import { describe, expect, it } from 'vitest';

import type { InterfaceSnapshot } from '../../report/counts.ts';
import { StateWindow } from './state-window.ts';

const SINCE = new Date('2026-11-21T08:00:00Z');

function at(monotonicMs: number, counts: Readonly<Record<string, number>>, since = SINCE): InterfaceSnapshot {
  return {
    iface: 'eth0',
    takenAt: new Date(SINCE.getTime() + monotonicMs),
    monotonicMs,
    counts: {
      since: SINCE,
      dropped: 0n,
      filters: Object.entries(counts).map(([id, packets]) => ({
        id,
        since,
        bytes: 100n * BigInt(packets),
        sizes: [BigInt(packets)],
        incoming: null,
      })),
    },
  };
}

describe('StateWindow', () => {
  it('gives totals at once, then means and the peak of every interval', () => {
    const window = new StateWindow(2000);
    expect(window.add(at(0, { a: 7 }))).toEqual([
      {
        v: 1,
        ts: '2026-11-21T08:00:00.000Z',
        since: '2026-11-21T08:00:00.000Z',
        dropped_total: 0n,
        id: 'a',
        packets_total: 7n,
        bytes_total: 700n,
        packets_in_total: null,
        bytes_in_total: null,
        sizes_total: [7n],
        packets_per_s: null,
        bits_per_s: null,
        bits_per_s_max: null,
      },
    ]);
    expect(window.add(at(500, { a: 7 }))).toBeNull();
    expect(window.add(at(1000, { a: 107 }))).toBeNull();
    expect(window.add(at(1600, { a: 107 }))).toBeNull();
    expect(window.add(at(2000, { a: 207 }))).toMatchObject([
      { packets_total: 207n, packets_per_s: 100, bits_per_s: 80_000, bits_per_s_max: 200_000 },
    ]);
    expect(window.add(at(3000, { a: 207 }))).toBeNull();
    expect(window.add(at(4000, { a: 217 }))).toMatchObject([
      { packets_total: 217n, packets_per_s: 5, bits_per_s: 4000, bits_per_s_max: 8000 },
    ]);
  });

  it('begins anew when a filter comes, goes or starts again', () => {
    const window = new StateWindow(2000);
    window.add(at(0, { a: 1 }));
    expect(window.add(at(500, { a: 1, b: 1 }))).toMatchObject([
      { id: 'a', bits_per_s: null },
      { id: 'b', bits_per_s: null },
    ]);
    expect(window.add(at(1000, { a: 1, b: 1 }, new Date()))).toMatchObject([{ id: 'a' }, { id: 'b' }]);
    expect(window.add(at(1500, { b: 1 }, new Date(0)))).toMatchObject([{ id: 'b' }]);
    expect(window.add(at(3000, { b: 1 }, new Date(0)))).toBeNull();
    expect(window.add(at(3500, { b: 1 }, new Date(0)))).toMatchObject([{ id: 'b', bits_per_s: 0 }]);
  });
});
