import { expect, test } from 'vitest';

import { PasteGuard } from './paste-guard.ts';

test.each([
  ['j', false],
  ['jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj', false],
  ['/eth0\r', false],
  ['The quick brown fox', true],
])('%j pasted: %s', (text, pasted) => {
  expect(new PasteGuard().isPasted(text, 0)).toBe(pasted);
});

test('the rest of a paste is no key either, what is typed later is', () => {
  const guard = new PasteGuard();
  expect(guard.isPasted('x'.repeat(10) + 'yz'.repeat(10), 1_000)).toBe(true);
  expect(guard.isPasted('q', 1_050)).toBe(true);
  expect(guard.isPasted('q', 1_200)).toBe(false);
});
