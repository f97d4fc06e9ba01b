/** How long to wait between attempts. */
export interface BackOffOptions {
  readonly minMs: number;
  readonly maxMs: number;
  /** 0 ≤ x < 1, as `Math.random`. */
  readonly random: () => number;
}

/** From 1 s to 8 s: a broker that is back is found within 8 s. */
export const DEFAULT_BACK_OFF: BackOffOptions = { minMs: 1000, maxMs: 8000, random: Math.random };

/**
 * The wait before the attempt after `failures` failures in a row, in milliseconds: twice as long each time up to `maxMs`,
 * of which a random half keeps many clients from coming back at the same moment.
 *
 * @param failures - 1 or more
 */
export function backOffMs(failures: number, { minMs, maxMs, random }: BackOffOptions): number {
  const most = Math.min(minMs * 2 ** Math.min(failures - 1, 30), maxMs);
  return most * (0.5 + random() / 2);
}
