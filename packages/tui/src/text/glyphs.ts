import type { Liveness } from '../store/liveness.ts';
import { type Line, span, widthOf } from './line.ts';

/** The signs of the screen. Every sign of a state stands beside its word. */
export interface Glyphs {
  readonly states: Readonly<Record<Liveness, string>>;
  readonly paused: string;
  readonly selected: string;
  readonly delta: string;
  readonly atMost: string;
  /** The keys for left and right, and for up and down. */
  readonly sideways: string;
  readonly upDown: string;
  readonly enter: string;
  readonly dash: string;
  readonly sum: string;
  readonly down: string;
  readonly up: string;
  /** From an eighth to the whole height of a cell. */
  readonly heights: readonly string[];
  /** The same for sparklines; the last leaves a gap to the row above, so that rows do not grow together. */
  readonly trend: readonly string[];
  /** From an eighth to the whole width of a cell. */
  readonly widths: readonly string[];
  /** Up to the largest, above the mean. */
  readonly shadow: string;
  readonly vertical: string;
  readonly horizontal: string;
  readonly corner: string;
  readonly tick: string;
}

export const UNICODE_GLYPHS: Glyphs = {
  states: {
    live: '●',
    replay: '●',
    stale: '◐',
    offline: '○',
    lost: '◌',
    waiting: '◌',
    failed: '✗',
    expected: '◌',
  },
  paused: '‖',
  selected: '▸',
  delta: 'Δ',
  atMost: '≤',
  sideways: '←→',
  upDown: '↑↓',
  enter: '⏎',
  dash: '–',
  sum: 'Σ',
  down: '↓',
  up: '↑',
  heights: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  trend: ['▁', '▂', '▃', '▄', '▅', '▆', '▇'],
  widths: ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
  shadow: '░',
  vertical: '│',
  horizontal: '─',
  corner: '└',
  tick: '┤',
};

export const ASCII_GLYPHS: Glyphs = {
  states: {
    live: '*',
    replay: '*',
    stale: '~',
    offline: 'o',
    lost: '!',
    waiting: '.',
    failed: 'x',
    expected: '.',
  },
  paused: '||',
  selected: '>',
  delta: 'd',
  atMost: '<=',
  sideways: '<>',
  upDown: 'Up/Dn',
  enter: 'Enter',
  dash: '-',
  sum: '=',
  down: 'v',
  up: '^',
  heights: ['_', '.', ',', '-', '=', '+', '*', '#'],
  trend: ['_', '.', ':', '-', '=', '+', '*', '#'],
  widths: [' ', ' ', ' ', '-', '-', '=', '=', '#'],
  shadow: ':',
  vertical: '|',
  horizontal: '-',
  corner: '+',
  tick: '+',
};

/** The line in ASCII and as wide: whatever is not, names too, becomes something that is. */
export function toAsciiLine(line: Line): Line {
  return line.map(({ text, style }) => span(toAscii(text), style));
}

function toAscii(text: string): string {
  return text
    .replaceAll('≤', '<')
    .replaceAll('…', '~')
    .replaceAll('Δ', 'd')
    .replaceAll('–', '-')
    .replaceAll('·', '-')
    .replaceAll('×', 'x')
    .replace(NOT_ASCII, (character) => '?'.repeat(widthOf(character)));
}

const NOT_ASCII = /[^ -~]/gu;
