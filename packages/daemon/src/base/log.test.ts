import fc from 'fast-check';
import { expect, test } from 'vitest';

import { createLog, printable } from './log.ts';

function linesOf(level: Parameters<typeof createLog>[0], journal: boolean): string[] {
  const lines: string[] = [];
  const log = createLog(level, (line) => lines.push(line), journal);
  log.error('e');
  log.warn('w');
  log.info('i');
  log.debug('d');
  return lines;
}

test('writes the messages of its level and more severe ones', () => {
  expect(linesOf('error', false)).toEqual(['ifcastd: error: e\n']);
  expect(linesOf('info', false)).toEqual(['ifcastd: error: e\n', 'ifcastd: warn: w\n', 'ifcastd: info: i\n']);
  expect(linesOf('debug', false)).toHaveLength(4);
});

test('begins with the time where nobody else adds it', () => {
  const lines: string[] = [];
  const now = () => new Date('2026-11-21T08:00:00.000Z');
  createLog('info', (line) => lines.push(line), false, now).info('i');
  expect(lines).toEqual(['2026-11-21T08:00:00.000Z ifcastd: info: i\n']);
});

test('tells how many lines could not be written as soon as one can', () => {
  const lines: string[] = [];
  let full = false;
  const log = createLog('info', (line) => !full && lines.push(line) > 0, false);
  log.info('a');
  full = true;
  for (const message of ['b', 'c', 'd']) log.info(message);
  log.debug('not of this level');
  full = false;
  log.error('e');
  log.info('f');
  full = true;
  log.info('g');
  full = false;
  log.info('h');
  const lost = (what: string) => `ifcastd: warn: ${what} lost: the log could not be written\n`;
  expect(lines.map((line) => line.replace('ifcastd: info: ', ''))).toEqual([
    'a\n',
    lost('3 lines'),
    'ifcastd: error: e\n',
    'f\n',
    lost('1 line'),
    'h\n',
  ]);
});

test('goes over to another level', () => {
  const lines: string[] = [];
  const log = createLog('error', (line) => lines.push(line), false);
  log.setLevel('warn');
  log.warn('w');
  log.setLevel('error');
  log.warn('not this');
  expect(lines).toEqual(['ifcastd: warn: w\n']);
});

test('marks the priority for journald', () => {
  expect(linesOf('debug', true)).toEqual(['<3>e\n', '<4>w\n', '<6>i\n', '<7>d\n']);
});

test.each([
  ['plain text, ü, 漢字 and 😀', 'plain text, ü, 漢字 and 😀'],
  ['\u001b]52;c;cm0=\u0007', '\\u{1b}]52;c;cm0=\\u{7}'],
  ['a\r\nb\0', 'a\\u{d}\\u{a}b\\u{0}'],
  ['\u009b31m\u007f', '\\u{9b}31m\\u{7f}'],
  ['\u202egnp.exe\u2066\u200b', '\\u{202e}gnp.exe\\u{2066}\\u{200b}'],
  ['a\u2028b\u2029c\u0085', 'a\\u{2028}b\\u{2029}c\\u{85}'],
])('shows %j harmlessly', (raw, shown) => {
  expect(printable(raw)).toBe(shown);
});

test('lets one message be one line, whatever it holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (message) => {
      const lines: string[] = [];
      createLog('info', (line) => lines.push(line), false).info(message);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^[^\p{Cc}\u2028\u2029\u202a-\u202e]*\n$/u);
    }),
  );
});
