import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { toText } from '../theme/palette.ts';
import { ASCII_GLYPHS, UNICODE_GLYPHS } from './glyphs.ts';
import { fit, justified, left, lineWidth, right, span, truncate, widthOf } from './line.ts';

test('the short way to a width gives what the long one gives', () => {
  for (let code = 0x20; code < 0x3000; code++) {
    const character = String.fromCodePoint(code);
    // Marks, controls and what is invisible are not measured alone.
    if (/[\p{M}\p{Cc}\p{Cf}\p{Cn}\p{Default_Ignorable_Code_Point}]/u.test(character)) continue;
    expect(widthOf(`a${character}b`), `U+${code.toString(16)}`).toBe(stringWidth(`a${character}b`));
  }
});

test('every glyph is one column wide where it stands for one', () => {
  for (const glyphs of [UNICODE_GLYPHS, ASCII_GLYPHS]) {
    const single = [
      ...Object.values(glyphs.states),
      ...glyphs.heights,
      ...glyphs.widths,
      glyphs.selected,
      glyphs.vertical,
    ];
    for (const glyph of single) expect(stringWidth(glyph), glyph).toBe(1);
  }
});

test.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'ab…'],
  ['機房機', 5, '機房…'],
  ['機房機', 4, '機…'],
  ['機房', 1, '…'],
  ['ab', 0, ''],
  ['👩‍💻x', 2, '…'],
])('%s in %i columns is %s', (text, width, short) => {
  expect(truncate(text, width)).toBe(short);
  expect(widthOf(left(text, width))).toBe(width);
  expect(widthOf(right(text, width))).toBe(width);
});

test('a line is cut within a span', () => {
  expect(toText(fit([span('abc'), span('defg'), span('hi')], 6))).toBe('abcde…');
});

test('what does not fit at the right end goes first, its first part before the others', () => {
  const start = [span('start')];
  const ends = ['one', 'two', 'three'].map((text) => span(text));
  const at = (columns: number): string => toText(justified(start, ends, columns));
  expect(at(24)).toBe('start    one  two  three');
  expect(at(21)).toBe('start      two  three');
  expect(at(12)).toBe('start  three');
  expect(at(11)).toBe('start');
  expect(at(3)).toBe('st…');
  expect(lineWidth(justified(start, ends, 80))).toBe(80);
});
