import type { Stats } from '@ifcast/protocol';

import type { CountedInterface, State } from './state.ts';

/** The largest rates of a filter between two broadcasts, each by itself. */
export interface Peak {
  readonly bitsPerS: number;
  readonly packetsPerS: number;
}

/** The peaks of an interface, by filter id. They do not depend on what the screen shows or how wide it is. */
export interface Peaks {
  /** Since the program began. */
  readonly ever: ReadonlyMap<string, Peak>;
  /** Since the reader counts from zero; the same as `ever` where that is not so. */
  readonly zeroed: ReadonlyMap<string, Peak>;
}

export const NO_PEAKS: Peaks = { ever: new Map(), zeroed: new Map() };

/**
 * The peak of a filter, `null` while no rate has been told.
 *
 * @param zeroed - since {@link zeroPeaks}, which is what a screen shows whose totals count from zero
 */
export function peakOf(counted: CountedInterface, id: string, zeroed: boolean): Peak | null {
  return counted.peaks[zeroed ? 'zeroed' : 'ever'].get(id) ?? null;
}

/** The peaks of all interfaces begin again, for `z`; those since the program began stay, for `Z`. */
export function zeroPeaks(state: State): State {
  const interfaces = [...state.interfaces].map(([key, counted]): [string, CountedInterface] => [
    key,
    { ...counted, peaks: { ...counted.peaks, zeroed: NO_PEAKS.zeroed } },
  ]);
  return { ...state, interfaces: new Map(interfaces) };
}

/** The peaks after a broadcast: the same object where it brings no larger rate. */
export function peaksAfter(before: Peaks, stats: Stats): Peaks {
  const ever = raised(before.ever, stats);
  const zeroed = before.zeroed === before.ever ? ever : raised(before.zeroed, stats);
  return ever === before.ever && zeroed === before.zeroed ? before : { ever, zeroed };
}

function raised(before: ReadonlyMap<string, Peak>, { filters }: Stats): ReadonlyMap<string, Peak> {
  let after: Map<string, Peak> | null = null;
  for (const { id, bits_per_s: bits, packets_per_s: packets } of filters) {
    if (bits === null || packets === null) continue;
    const known = before.get(id);
    if (known !== undefined && bits <= known.bitsPerS && packets <= known.packetsPerS) continue;
    // Filters come and go with the daemon's configuration: what is not counted any more is not kept.
    after ??= new Map([...before].filter(([kept]) => filters.some((filter) => filter.id === kept)));
    after.set(id, {
      bitsPerS: Math.max(bits, known?.bitsPerS ?? 0),
      packetsPerS: Math.max(packets, known?.packetsPerS ?? 0),
    });
  }
  return after ?? before;
}
