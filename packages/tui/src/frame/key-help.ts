import type { Glyphs } from './glyphs.ts';
import { type Line, lineWidth, span } from './line.ts';

interface KeyHint {
  readonly keys: string;
  readonly does: string;
  /** The least important go first where there is no room. */
  readonly rank: number;
}

function interfaceHints(glyphs: Glyphs): readonly KeyHint[] {
  return [
    { keys: glyphs.sideways, does: 'host', rank: 5 },
    { keys: glyphs.upDown, does: 'filter', rank: 6 },
    { keys: 'd', does: 'mode', rank: 4 },
    { keys: 'u', does: 'units', rank: 3 },
    { keys: 'e', does: 'exact', rank: 8 },
    { keys: 'z', does: 'zero', rank: 7 },
    { keys: 'p', does: 'pause', rank: 2 },
    { keys: '?', does: 'help', rank: 1 },
    { keys: 'q', does: 'quit', rank: 0 },
  ];
}

const NOTHING_HINTS: readonly KeyHint[] = [
  { keys: 'r', does: 'retry now', rank: 2 },
  { keys: '?', does: 'help', rank: 1 },
  { keys: 'q', does: 'quit', rank: 0 },
];

/**
 * The last line: what the keys do, as much of it as fits.
 *
 * @param shown - whether an interface is
 */
export function keyHelp(glyphs: Glyphs, shown: boolean, columns: number): Line {
  let hints = shown ? interfaceHints(glyphs) : NOTHING_HINTS;
  for (;;) {
    const line = hints.flatMap(({ keys, does }, index) => [
      span(index === 0 ? ' ' : '  '),
      span(keys, 'title'),
      span(` ${does}`, 'dim'),
    ]);
    if (lineWidth(line) <= columns || hints.length === 0) return line;
    const least = Math.max(...hints.map(({ rank }) => rank));
    hints = hints.filter(({ rank }) => rank !== least);
  }
}
