import fc from 'fast-check';
import { expect, test } from 'vitest';

import { sanitize, sanitizeText } from './sanitize.ts';

test.each([
  ['a clear screen', '\u001b[2J', '�[2J'],
  ['a title', '\u001b]0;title\u0007', '�]0;title�'],
  ['the clipboard', '\u001b]52;c;ZWNobw==\u001b\\', '�]52;c;ZWNobw==�\\'],
  ['a C1 CSI', '\u009b31m', '�31m'],
  ['a carriage return and a newline', 'a\r\nb', 'a��b'],
  ['backspaces', 'ab\b\b', 'ab��'],
  ['a right-to-left override', 'abc\u202edef', 'abc�def'],
  ['an isolate', '\u2066x\u2069', '�x�'],
  ['zero-width characters', 'a\u200b\u200d\ufeffb', 'a���b'],
  ['tag characters', 'a\u{e0041}b', 'a�b'],
  ['a filler', 'a\u3164b', 'a�b'],
  ['a lone surrogate', 'a\ud800b', 'a�b'],
  ['a pile of marks', `a${'\u0301'.repeat(5)}b`, 'a\u0301\u0301���b'],
  ['a mark without a letter', '\u0301b', '�b'],
])('%s', (_name, raw, safe) => expect(sanitizeText(raw)).toBe(safe));

test.each(['tcp port 443', 'Büro', 'é', '機房', 'мост', '😀', 'नमस्ते', '≤64'])('%s stays', (text) =>
  expect(sanitizeText(text)).toBe(text),
);

test('every text of a message, at any depth, and nothing else', () => {
  const message = { a: 'x\u001b', list: [{ b: '\u202e', n: 1n, f: 0.5, none: null }], ok: true };
  expect(sanitize(message)).toEqual({ a: 'x�', list: [{ b: '�', n: 1n, f: 0.5, none: null }], ok: true });
});

test('whatever comes, no control or invisible character is left', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(sanitizeText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    }),
  );
});

test('a long text is cut', () => expect(sanitizeText('x'.repeat(60_000))).toHaveLength(1025));
