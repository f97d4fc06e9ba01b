import type { FilterCounts } from '@ifcast/protocol';

import type { View } from '../input/view.ts';
import type { ListedTarget } from '../shown/scene.ts';
import { isLive } from '../store/liveness.ts';
import { countsOf } from '../store/ranking.ts';
import type { CountedInterface } from '../store/state.ts';

/** What several interfaces come to. */
export interface Sum {
  /** Of those that are live. */
  readonly bitsPerS: number;
  readonly packetsPerS: number;
  readonly bytes: bigint;
  readonly packetCount: bigint;
  /** `null` where none of them tells it. */
  readonly lost: bigint | null;
}

/** The sum of the chosen filter over interfaces, of totals since the reader counts from zero. */
export function sumOf(listed: readonly ListedTarget[], { list, zero }: View): Sum {
  let [bitsPerS, packetsPerS] = [0, 0];
  let [bytes, packetCount] = [0n, 0n];
  let lost: bigint | null = null;
  for (const { target, liveness } of listed) {
    const dropped = target.counted?.stats.dropped_total ?? null;
    if (dropped !== null) lost = (lost ?? 0n) + dropped;
    const counts = countsOf(target, list.filter);
    if (counts === null) continue;
    const totals = sinceZero(counts, zero?.interfaces.get(target.key));
    bytes += totals.bytes_total;
    packetCount += totals.packets_total;
    if (!isLive(liveness)) continue;
    bitsPerS += counts.bits_per_s ?? 0;
    packetsPerS += counts.packets_per_s ?? 0;
  }
  return { bitsPerS, packetsPerS, bytes, packetCount, lost };
}

/** The counts with totals since the reader counts from zero; as they are where they have begun again. */
export function sinceZero(counts: FilterCounts, base: CountedInterface | undefined): FilterCounts {
  const before = base?.stats.filters.find(({ id }) => id === counts.id);
  if (before === undefined) return counts;
  const packets = counts.packets_total - before.packets_total;
  const bytes = counts.bytes_total - before.bytes_total;
  if (packets < 0n || bytes < 0n) return counts;
  return { ...counts, packets_total: packets, bytes_total: bytes };
}
