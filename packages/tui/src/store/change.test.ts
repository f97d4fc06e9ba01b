import type { Stats } from '@ifcast/protocol';
import { expect, test } from 'vitest';
import { NOW, stats } from '../fixtures.ts';
import { changeOf } from './change.ts';

function at(ms: number, change: Partial<Stats> = {}): Stats {
  return { ...stats(NOW + ms), ...change };
}

test('over the measured interval when no broadcast was lost', () => {
  expect(changeOf(at(-500), at(0, { interval_ms: 512 }), 'all')).toMatchObject({ ms: 512, packets: 6583n });
});

test('over the time between them when some were lost', () => {
  expect(changeOf(at(-2_000), at(0), 'all')).toMatchObject({ ms: 2_000, packets: 26338n });
});

test('unknown after the first, and when the totals started again', () => {
  expect(changeOf(null, at(0), 'all')).toBeNull();
  const again = at(500, { filters: stats(NOW - 60_000).filters });
  expect(changeOf(at(0), again, 'all')).toBeNull();
  // A filter that has never counted can be compared.
  expect(changeOf(at(0), again, 'sctp')).toMatchObject({ packets: 0n, bytes: 0n });
});

test('unknown for a filter that is new, or whose buckets changed, and without time between', () => {
  const [all, https] = stats(NOW).filters;
  const before = at(-500, { filters: [all!] });
  const after = at(0, { filters: [{ ...all!, sizes_total: [all!.packets_total] }, https!] });
  expect(changeOf(before, after, 'https')).toBeNull();
  expect(changeOf(before, after, 'all')).toBeNull();
  expect(changeOf(at(0), at(0), 'all')).toBeNull();
});
