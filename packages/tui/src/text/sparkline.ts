import type { Glyphs } from './glyphs.ts';

/** The time that a sparkline shows. */
export const SPARKLINE_SPAN_MS = 60_000;

/** Seconds per cell that a minute can be divided into. */
const CELL_SECONDS = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];

/**
 * How many cells of how long show the last minute in at most `width` columns.
 *
 * @returns one cell more than fills the minute: the newest is not complete
 */
export function sparklineCells(width: number): { readonly cells: number; readonly cellMs: number } {
  for (const seconds of CELL_SECONDS) {
    const cells = SPARKLINE_SPAN_MS / 1000 / seconds + 1;
    if (cells <= width) return { cells, cellMs: seconds * 1000 };
  }
  return { cells: width, cellMs: 30_000 };
}

/** One cell a value, scaled to `top`; a space where nothing is known. */
export function sparkline(values: ArrayLike<number>, top: number, glyphs: Glyphs): string {
  return Array.from(values, (value) => (Number.isNaN(value) ? ' ' : heightGlyph(value, top, glyphs))).join(
    '',
  );
}

/** The largest known value, 0 when there is none. */
export function peakOf(values: ArrayLike<number>): number {
  let peak = 0;
  for (let index = 0; index < values.length; index++) {
    if (values[index]! > peak) peak = values[index]!;
  }
  return peak;
}

function heightGlyph(value: number, top: number, glyphs: Glyphs): string {
  const steps = glyphs.trend.length;
  if (top <= 0) return glyphs.trend[0]!;
  const step = Math.ceil((value / top) * steps) - 1;
  return glyphs.trend[Math.min(steps - 1, Math.max(0, step))]!;
}

/** One cell a size bucket, scaled to the largest; a space where there are no packets. */
export function histogram(sizes: readonly (number | bigint)[], glyphs: Glyphs): string {
  const heights = sizes.map((size) => (Number(size) === 0 ? Number.NaN : Number(size)));
  return sparkline(heights, peakOf(heights), glyphs);
}

/** A bar of at most `width` cells for `share` of 0 to 1. What is not 0 is never drawn as nothing. */
export function bar(share: number, width: number, glyphs: Glyphs): string {
  const steps = glyphs.widths.length;
  const eighths = share <= 0 ? 0 : Math.max(1, Math.round(Math.min(1, share) * width * steps));
  const whole = Math.floor(eighths / steps);
  const rest = eighths % steps;
  const text = glyphs.widths[steps - 1]!.repeat(whole) + (rest > 0 ? glyphs.widths[rest - 1] : '');
  return text.padEnd(width);
}
