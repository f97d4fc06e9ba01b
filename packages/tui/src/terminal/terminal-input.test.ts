import { EventEmitter } from 'node:events';

import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { type KeyboardPort, TerminalInput } from './terminal-input.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start() {
  const keyboard = Object.assign(new EventEmitter(), { pause: vi.fn(), resume: vi.fn() });
  const input = new TerminalInput(keyboard as unknown as KeyboardPort);
  const answers: string[] = [];
  input.on('answer', (answer: string) => answers.push(answer));
  input.start();
  const typed = (): string => {
    let all = '';
    for (let piece = input.read(); piece !== null; piece = input.read()) all += piece;
    return all;
  };
  const type = (text: string | Uint8Array): void => void keyboard.emit('data', Buffer.from(text));
  return { type, typed, answers };
}

/** Everything that is kept back comes, or is given up. */
function wait(): void {
  vi.runAllTimers();
}

test('keys pass as they are, a character in two pieces as one', () => {
  const { type, typed } = start();
  type('jk\u001b[A');
  const [first, ...rest] = Buffer.from('é');
  type(Buffer.of(first!));
  type(Buffer.from(rest));
  expect(typed()).toBe('jk\u001b[Aé');
});

test('an Escape is a key as soon as nothing follows it', () => {
  const { type, typed } = start();
  type('\u001b');
  expect(typed()).toBe('');
  wait();
  expect(typed()).toBe('\u001b');
});

test.each([
  ['\u001b]11;rgb:1e1e/1e1e/1e1e\u001b\\', '11;rgb:1e1e/1e1e/1e1e'],
  ['\u001b]11;rgb:ffff/ffff/ffff\u0007', '11;rgb:ffff/ffff/ffff'],
  ['\u001bP>|xterm(388)\u001b\\', '>|xterm(388)'],
])('the answer %j is no key, wherever it is cut', (answer, told) => {
  for (let cut = 0; cut <= answer.length; cut++) {
    const { type, typed, answers } = start();
    type(`a${answer.slice(0, cut)}`);
    type(`${answer.slice(cut)}b`);
    expect(typed()).toBe('ab');
    expect(answers).toEqual([told]);
  }
});

test('an answer that never ends is given up', () => {
  const { type, typed } = start();
  type('\u001b]11;');
  wait();
  type('a');
  type(`\u001b]${'x'.repeat(2_000)}`);
  type('b');
  expect(typed()).toBe('ab');
});

test('a paste is cut, wherever its ends are cut', () => {
  const paste = `\u001b[200~${'x'.repeat(10)}\u001b[201~`;
  for (let cut = 0; cut <= paste.length; cut++) {
    const { type, typed } = start();
    type(`a${paste.slice(0, cut)}`);
    type(`${paste.slice(cut)}b`);
    expect(typed()).toBe(`a${paste}b`);
  }
  const { type, typed } = start();
  type(`\u001b[200~${'x'.repeat(100_000)}`);
  type(`${'y'.repeat(100_000)}\u001b[201~b`);
  expect(typed()).toBe(`\u001b[200~${'x'.repeat(4_096)}\u001b[201~b`);
});

test('a paste that never ends has ended', () => {
  const { type, typed } = start();
  type('\u001b[200~abc');
  wait();
  type('q');
  expect(typed()).toBe('\u001b[200~abc\u001b[201~q');
});

test('an escape sequence within a paste is text', () => {
  const { type, typed } = start();
  type('\u001b[200~a\u001b[Ab\u001b]11;c\u0007\u001b[201~');
  expect(typed()).toBe('\u001b[200~a[Ab]11;c\u0007\u001b[201~');
});

test('whatever comes, a key that follows is one', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (chunks) => {
      const { type, typed } = start();
      for (const chunk of chunks) type(chunk);
      wait();
      typed();
      type('q');
      // Bytes that began a character are no character now.
      expect(typed()).toMatch(/^\ufffd*q$/);
    }),
    { numRuns: 500 },
  );
});
