import type { Line, Style } from '../text/line.ts';

/** SGR parameters (ECMA-48, 8.3.117) of each style; `''` for none. The sixteen colours are the terminal's own. */
export type Palette = Readonly<Record<Style, string>>;

/** Never black, white or a background: each must be readable on a light and on a dark terminal. */
export const COLOURS: Palette = {
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
export const NO_COLOURS: Palette = {
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

/** The line as a terminal takes it. */
export function toAnsi(line: Line, palette: Palette): string {
  return line
    .map(({ text, style }) => {
      const sgr = palette[style];
      return sgr === '' || text.trim() === '' ? text : `\u001b[${sgr}m${text}\u001b[0m`;
    })
    .join('');
}

/** The line without any style. */
export function toText(line: Line): string {
  return line.map(({ text }) => text).join('');
}
