import { columnMark } from '../text/column-mark.ts';
import { isNarrow, type Line, type Style, widthOf } from '../text/line.ts';

/** SGR parameters (ECMA-48, 8.3.117) of each style; `''` for none. The sixteen colours are the terminal's own. */
export type Palette = Readonly<Record<Style, string>>;

/**
 * Colours of the 256 of xterm, which are the same everywhere: each stands out from its background by 4.5:1 or more, and
 * from the others also for those who do not see red or green. State and gravity have a sign and a word as well.
 */
export const DARK: Palette = {
  plain: '',
  title: '1',
  dim: '38;5;247',
  number: '',
  good: '38;5;86',
  warn: '1;38;5;227',
  bad: '1;38;5;203',
  accent: '38;5;111',
  selected: '1;38;5;111',
};

export const LIGHT: Palette = {
  plain: '',
  title: '1',
  dim: '38;5;241',
  number: '',
  good: '38;5;23',
  warn: '1;38;5;94',
  bad: '1;38;5;88',
  accent: '38;5;61',
  selected: '1;38;5;61',
};

/** For terminals of sixteen colours, which are the terminal's own. */
export const SIXTEEN: Palette = {
  plain: '',
  title: '1',
  dim: '2',
  number: '',
  good: '32',
  warn: '1;33',
  bad: '1;31',
  accent: '36',
  selected: '1;36',
};

/** For NO_COLOR (https://no-color.org): weight, no colour. */
export const MONO: Palette = {
  plain: '',
  title: '1',
  dim: '2',
  number: '',
  good: '',
  warn: '1',
  bad: '1',
  accent: '',
  selected: '1',
};

/**
 * The line as a terminal takes it. After a text whose width terminals do not agree on, the next space tells its column.
 *
 * @param column - the column of the screen that the line begins in, from 0
 */
export function toAnsi(line: Line, palette: Palette, column = 0): string {
  let at = column;
  let disputed = false;
  let ansi = '';
  for (const { text, style } of line) {
    let shown = text;
    if (disputed && text.startsWith(' ')) {
      shown = columnMark(at) + text.slice(1);
      disputed = false;
    }
    at += widthOf(text);
    if (!isNarrow(text)) {
      disputed = !text.endsWith(' ');
      if (!disputed) shown = shown.slice(0, -1) + columnMark(at - 1);
    }
    const sgr = palette[style];
    ansi += sgr === '' || shown.trim() === '' ? shown : `\u001b[${sgr}m${shown}\u001b[0m`;
  }
  return ansi;
}

/** The line without any style. */
export function toText(line: Line): string {
  return line.map(({ text }) => text).join('');
}
