import stringWidth from 'string-width';

/** What a piece of text is, not how it looks: the palette says that. */
export type Style = 'plain' | 'title' | 'dim' | 'number' | 'good' | 'warn' | 'bad' | 'accent' | 'selected';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** One line of the screen, never wider than the screen. */
export type Line = readonly Span[];

/**
 * Latin, and the signs, blocks and lines of the screen: one column each, for which the length is the width. Nearly all
 * that is ever measured.
 */
const NARROW = /^[ -~¡-¬®-ʯ…ΔΣ≤·–×‖←-↓⏎─-╿▁-▏░▸●◐○◌✗�]*$/;

/** Whether every terminal gives the text the same width. */
export function isNarrow(text: string): boolean {
  return NARROW.test(text);
}

/** The columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

export function span(text: string, style: Style = 'plain'): Span {
  return { text, style };
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** The text in exactly `width` columns, at the left, cut with `…` when it is longer. */
export function left(text: string, width: number): string {
  const short = truncate(text, width);
  return short + ' '.repeat(width - widthOf(short));
}

/** The text in exactly `width` columns, at the right, cut with `…` when it is longer. */
export function right(text: string, width: number): string {
  const short = truncate(text, width);
  return ' '.repeat(width - widthOf(short)) + short;
}

/** The text in at most `width` columns, cut with `…` when it is longer. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width <= 0) return '';
  let short = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const next = widthOf(segment);
    if (used + next > width - 1) break;
    short += segment;
    used += next;
  }
  return `${short}…`;
}

/** The line in at most `columns` columns. */
export function fit(line: Line, columns: number): Line {
  if (lineWidth(line) <= columns) return line;
  const kept: Span[] = [];
  let rest = columns;
  for (const { text, style } of line) {
    const width = widthOf(text);
    kept.push(span(truncate(text, rest), style));
    rest -= width;
    if (rest < 0) break;
  }
  return kept;
}

/**
 * A line with something at both ends. When it does not all fit, parts of the right end go, first ones first, and then
 * the left end is cut.
 *
 * @param ends - parts of the right end, two columns apart
 */
export function justified(start: Line, ends: readonly Span[], columns: number): Line {
  for (let first = 0; first < ends.length; first++) {
    const line = spread(start, ends.slice(first), columns);
    if (line !== null) return line;
  }
  return fit(start, columns);
}

/** A line with something at both ends, `null` when it does not all fit. */
export function spread(start: Line, ends: readonly Span[], columns: number): Line | null {
  const end = ends.flatMap((part) => [span('  '), part]);
  const gap = columns - lineWidth(start) - lineWidth(end);
  return gap < 0 ? null : [...start, span(' '.repeat(gap)), ...end];
}
