import { DARK, type Palette } from './palette.ts';

/** The terminal's own sixteen colours, in the order of their SGR parameters. */
const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
const ATTRIBUTES: Readonly<Record<string, string>> = {
  none: '',
  bold: '1',
  dim: '2',
  underline: '4',
  inverse: '7',
};

/** What a reader may give another colour. */
export const COLOURED_STYLES: readonly (keyof Palette)[] = Object.keys(DARK).filter(
  (style): style is keyof Palette => style !== 'plain',
);

/**
 * SGR parameters of a colour in words: `green`, `bright-blue`, `bold yellow`, `none`.
 *
 * @returns `null` for words that are none
 */
export function sgrOf(words: string): string | null {
  const parameters = words
    .trim()
    .split(/\s+/)
    .map((word) => {
      const attribute = Object.hasOwn(ATTRIBUTES, word) ? ATTRIBUTES[word] : undefined;
      if (attribute !== undefined) return attribute;
      const bright = word.startsWith('bright-');
      const index = NAMES.indexOf(bright ? word.slice('bright-'.length) : word);
      return index < 0 ? null : String((bright ? 90 : 30) + index);
    });
  return parameters.includes(null) ? null : parameters.filter((parameter) => parameter !== '').join(';');
}
