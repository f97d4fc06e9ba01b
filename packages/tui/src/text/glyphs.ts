import type { Liveness } from '../store/liveness.ts';

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
  readonly down: string;
  readonly up: string;
  /** From an eighth to the whole height of a cell. */
  readonly heights: readonly string[];
  /** The same for sparklines; the last leaves a gap to the row above, so that rows do not grow together. */
  readonly trend: readonly string[];
  /** From an eighth to the whole width of a cell. */
  readonly widths: readonly string[];
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
  down: '↓',
  up: '↑',
  heights: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  trend: ['▁', '▂', '▃', '▄', '▅', '▆', '▇'],
  widths: ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
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
  down: 'v',
  up: '^',
  heights: ['_', '.', ':', '-', '=', '+', '*', '#'],
  trend: ['_', '.', ':', '-', '=', '+', '*', '#'],
  widths: [' ', ' ', ' ', '-', '-', '=', '=', '#'],
  vertical: '|',
  horizontal: '-',
  corner: '+',
  tick: '+',
};

/** Whatever is not ASCII, names too, in the same number of columns. */
export function toAscii(text: string, widthOf: (text: string) => number): string {
  return text
    .replaceAll('≤', '<')
    .replaceAll('…', '~')
    .replaceAll('Δ', 'd')
    .replaceAll('–', '-')
    .replaceAll('·', '-')
    .replaceAll('×', 'x')
    .replace(/[^ -~]/gu, (character) => '?'.repeat(widthOf(character)));
}
