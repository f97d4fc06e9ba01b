import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { KeyPath } from './key-path.ts';
import { formatKeyPath } from './key-path.ts';
import { positionAt } from './key-positions.ts';
import { parseToml } from './toml-document.ts';

/** The positions of key and value in a text where `‹` stands before the key and `›` before the value. */
function expectAt(marked: string, path: KeyPath): void {
  const text = marked.replace(/[‹›]/g, '');
  const key = positionAt(text, marked.replace('›', '').indexOf('‹'));
  const value = positionAt(text, marked.replace('‹', '').indexOf('›'));
  expect(parseToml(Buffer.from(text)).positions(path)).toEqual({ key, value });
}

test.each<[marked: string, path: KeyPath]>([
  ['‹a = ›1', ['a']],
  ['# a = 0\n\n  ‹a  =  ›1 # a', ['a']],
  ['\r\n‹a = ›1\r\nb = 2', ['a']],
  ['a = "x"\n‹b = ›2', ['b']],
  ['a = """\nb = 1\n\\"""x"""""\n‹b = ›2', ['b']],
  ["a = '''\nb = 1\n''x'''''\n‹b = ›2", ['b']],
  ["a = 'C:\\'\n‹b = ›2", ['b']],
  ['a = "\\"#"\n‹b = ›2', ['b']],
  ['a = 1979-05-27 07:32:00 # b = 1\n‹b = ›1.5e3', ['b']],
  ['‹a.b = ›1\na.c = 2', ['a']],
  ['a.b = 1\na . ‹c = ›2', ['a', 'c']],
  ['"a.b" . \'c"\'.‹"d\\u00e9\\t" = ›1', ['a.b', 'c"', 'dé\t']],
  ['"" = 1\n‹"\\U0001F600" = ›2', ['😀']],
  ['[t]\n‹a = ›1', ['t', 'a']],
  ['‹›[t]\na = 1', ['t']],
  ['‹›[ t . "u" ] # x\na = 1', ['t', 'u']],
  ['‹›[t.u]\n[t]\na = 1', ['t']],
  ['[t.u]\n[t]\n‹a = ›1', ['t', 'a']],
  ['[[t]]\na = 1\n[[t]]\n‹a = ›2', ['t', 1, 'a']],
  ['[[t]]\na = 1\n‹›[[t]]\na = 2', ['t', 1]],
  ['‹›[[t]]\na = 1\n[[t]]\na = 2', ['t']],
  ['[[t]]\n[[t]]\n[t.u]\n‹a = ›2', ['t', 1, 'u', 'a']],
  ['[[t]]\n[[t.u]]\n[[t]]\n[[t.u]]\n[[t.u]]\n‹a = ›2', ['t', 1, 'u', 1, 'a']],
  ['a = [1, ‹›2]', ['a', 1]],
  ['a = [ # one\n  1 # , 2\n  , ‹›"]", 3,\n]', ['a', 1]],
  ['a = [[1], [2, ‹›3]]\n', ['a', 1, 1]],
  ['a = {b = 1, ‹c = ›{d = 2}}\n', ['a', 'c']],
  ['a = {b = 1, c.‹d = ›[{}]}\n', ['a', 'c', 'd']],
  ['a = {\n b = "}", # c = 1\n ‹c = ›2,\n}\n', ['a', 'c']],
  ['a = [{b = 1}, {‹b = ›2}]', ['a', 1, 'b']],
  ['\ufeffa = 1\n‹b = ›2', ['b']],
  ['‹__proto__ = ›1', ['__proto__']],
  ['[constructor]\n‹__proto__.x = ›1', ['constructor', '__proto__']],
  ['‹1.2 = ›3', ['1']],
])('finds the marks in %j', (marked, path) => {
  expectAt(marked, path);
});

test('knows no key that is not there', () => {
  const { positions } = parseToml(Buffer.from('[a]\nb = 1\n'));
  expect(positions(['b'])).toBeUndefined();
  expect(positions(['a', 'toString'])).toBeUndefined();
});

/** A piece of a document that is built together with what has to be found in it. */
interface Piece {
  readonly text: string;
  /** Paths relative to the piece, with the offsets of key and value in its text. */
  readonly marks: readonly { readonly path: KeyPath; readonly key: number; readonly value: number }[];
}

const blank = fc.constantFrom('', ' ', '\t ');
const gap = fc.constantFrom('', ' ', '\n', ' # , ] } " \'\n', '\r\n\t');
const bareKey = fc.stringMatching(/^[A-Za-z0-9_-]{1,6}$/).map((name) => ({ text: name, name }));
const basicKey = fc
  .string({ unit: 'grapheme', maxLength: 6 })
  .map((name) => ({ text: JSON.stringify(name).replaceAll('\x7f', '\\u007f'), name }));
const literalKey = fc.stringMatching(/^[ -&(-~]{0,6}$/).map((name) => ({ text: `'${name}'`, name }));
const anyKey = fc.oneof(bareKey, basicKey, literalKey);

const scalar = fc
  .oneof(
    fc.constantFrom('1', '0x1F', '1_000', '3.5e-2', 'inf', '-nan', 'true', 'false'),
    fc.constantFrom('1979-05-27', '1979-05-27 07:32:00', '07:32:00.5', '1979-05-27T00:32:00-07:00'),
    fc.constantFrom(
      '"#]}\\","',
      "'\\'",
      '"""a\n""b\\""" \\\n  """""',
      "'''''x\n[t]'''''",
      '""',
      "''",
      '""""""',
    ),
  )
  .map((text): Piece => ({ text, marks: [] }));

const { value: anyValue } = fc.letrec<{ value: Piece; array: Piece; inline: Piece }>((tie) => ({
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, scalar, tie('array'), tie('inline')),
  array: fc
    .tuple(gap, fc.array(fc.tuple(tie('value'), gap, gap), { maxLength: 3 }), fc.boolean())
    .map(([first, elements, trailingComma]) => {
      const piece = { text: `[${first}`, marks: [] as Piece['marks'][number][] };
      for (const [index, [element, before, after]] of elements.entries()) {
        const at = piece.text.length;
        piece.marks.push({ path: [index], key: at, value: at }, ...moved(element, at, [index]));
        const comma = index < elements.length - 1 || trailingComma ? ',' : '';
        piece.text += `${element.text}${before}${comma}${after}`;
      }
      piece.text += ']';
      return piece;
    }),
  inline: fc
    .uniqueArray(fc.tuple(anyKey, tie('value'), gap, gap), { maxLength: 3, selector: ([key]) => key.name })
    .map((pairs) => {
      const piece = { text: '{', marks: [] as Piece['marks'][number][] };
      for (const [index, [key, element, before, after]] of pairs.entries()) {
        const at = piece.text.length + before.length;
        const valueAt = at + key.text.length + 3;
        piece.marks.push(
          { path: [key.name], key: at, value: valueAt },
          ...moved(element, valueAt, [key.name]),
        );
        piece.text += `${before}${key.text} = ${element.text}${after}${index < pairs.length - 1 ? ',' : ''}`;
      }
      piece.text += '}';
      return piece;
    }),
}));

function moved(piece: Piece, by: number, below: KeyPath): Piece['marks'] {
  return piece.marks.map(({ path, key, value }) => ({
    path: [...below, ...path],
    key: key + by,
    value: value + by,
  }));
}

const table = fc.record({
  array: fc.boolean(),
  name: anyKey,
  pairs: fc.uniqueArray(fc.tuple(anyKey, anyValue, blank), { maxLength: 3, selector: ([key]) => key.name }),
  comment: gap,
});

test('finds every key of every document', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(table, { maxLength: 4, selector: ({ name }) => name.name }),
      fc.nat(2),
      (tables, extra) => {
        let text = '';
        const marks: Piece['marks'][number][] = [];
        for (const { array, name, pairs, comment } of tables) {
          for (let copy = 0; copy <= (array ? extra : 0); copy++) {
            const path = array ? [name.name, copy] : [name.name];
            if (copy === 0) marks.push({ path: [name.name], key: text.length, value: text.length });
            if (array) marks.push({ path, key: text.length, value: text.length });
            text += `${array ? '[[' : '['}${name.text}${array ? ']]' : ']'}${comment}\n`;
            for (const [key, value, indent] of pairs) {
              const at = text.length + indent.length;
              const valueAt = at + key.text.length + 1;
              marks.push({ path: [...path, key.name], key: at, value: valueAt });
              marks.push(...moved(value, valueAt, [...path, key.name]));
              text += `${indent}${key.text}=${value.text}${indent}\n`;
            }
          }
        }
        const { positions } = parseToml(Buffer.from(text));
        for (const { path, key, value } of marks) {
          const expected = { key: positionAt(text, key), value: positionAt(text, value) };
          expect(positions(path), formatKeyPath(path)).toEqual(expected);
        }
      },
    ),
  );
});
