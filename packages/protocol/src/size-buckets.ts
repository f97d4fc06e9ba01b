/**
 * The default inclusive upper bounds of the packet-size buckets, in bytes of wire length.
 *
 * They give ifstat's seven columns: ≤64, 65–127, 128–255, 256–511, 512–1023, 1024–1512, ≥1513.
 */
export const DEFAULT_SIZE_UPPER_BOUNDS: readonly number[] = Object.freeze([64, 127, 255, 511, 1023, 1512]);

/** The most upper bounds a configuration may give; one more bucket holds everything above the last. */
export const MAX_SIZE_UPPER_BOUNDS = 15;

/**
 * The column headings of the buckets: `≤64`, `65+`, `128+`, …, `1513+`.
 *
 * @param bounds - ascending inclusive upper bounds, in bytes
 * @returns `bounds.length + 1` labels
 */
export function sizeBucketLabels(bounds: readonly number[]): string[] {
  if (bounds.length === 0) return ['all'];
  return [`≤${bounds[0]}`, ...bounds.map((bound) => `${bound + 1}+`)];
}
