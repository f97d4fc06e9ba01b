import { EventEmitter } from 'node:events';

import { describe, expect, test } from 'vitest';

import { Painter, type Terminal } from './painter.ts';

/** Takes what a terminal would; `full` says that it cannot keep up. */
class FakeTerminal extends EventEmitter {
  readonly written: string[] = [];
  columns = 20;
  rows = 4;
  full = false;

  get writableNeedDrain(): boolean {
    return this.full;
  }

  write(text: string): boolean {
    this.written.push(text);
    return !this.full;
  }
}

function start(): { terminal: FakeTerminal; painter: Painter } {
  const terminal = new FakeTerminal();
  const painter = new Painter(terminal as unknown as Terminal);
  painter.enter();
  terminal.written.length = 0;
  return { terminal, painter };
}

describe('a frame', () => {
  test('is written whole the first time, in one synchronized update', () => {
    const { terminal, painter } = start();
    painter.show('one\ntwo\n \nfour'.split('\n'));
    expect(terminal.written).toEqual([
      '\u001b[?2026h\u001b[H\u001b[2J\u001b[1;1Hone\u001b[2;1Htwo\u001b[3;1H \u001b[4;1Hfour\u001b[?2026l',
    ]);
  });
  test('is then only what changed', () => {
    const { terminal, painter } = start();
    painter.show('one\ntwo\nthree'.split('\n'));
    painter.show('one\n2\nthree'.split('\n'));
    painter.show('one\n2\nthree'.split('\n'));
    expect(terminal.written.slice(1)).toEqual(['\u001b[?2026h\u001b[2;1H2\u001b[K\u001b[?2026l']);
  });
  test('that fills a line is not followed by an erase, which would take its last character', () => {
    const { terminal, painter } = start();
    painter.show('one'.split('\n'));
    painter.show(`\u001b[1m${'x'.repeat(20)}\u001b[0m`.split('\n'));
    expect(terminal.written[1]).not.toContain('\u001b[K');
  });
  test('with more lines than the terminal is cut', () => {
    const { terminal, painter } = start();
    painter.show('1\n2\n3\n4\n5'.split('\n'));
    expect(terminal.written[0]).not.toContain('5;1H');
  });
});

test('after a resize everything is written again, from a clear screen', () => {
  const { terminal, painter } = start();
  painter.show('one\ntwo'.split('\n'));
  painter.resize({ columns: 30, rows: 2 });
  painter.show('one\ntwo'.split('\n'));
  expect(terminal.written[1]).toBe(terminal.written[0]);
});

test('a terminal that cannot keep up gets the newest frame alone', () => {
  const { terminal, painter } = start();
  terminal.full = true;
  painter.show('1'.split('\n'));
  for (let frame = 2; frame <= 50; frame++) painter.show(String(frame).split('\n'));
  expect(terminal.written).toHaveLength(1);
  terminal.full = false;
  terminal.emit('drain');
  expect(terminal.written).toHaveLength(2);
  expect(terminal.written[1]).toContain('\u001b[1;1H50');
});

describe('leaving', () => {
  test('gives the terminal back once, and nothing is painted after', () => {
    const { terminal, painter } = start();
    painter.show('one'.split('\n'));
    painter.leave(false);
    painter.leave(true);
    painter.show('two'.split('\n'));
    expect(terminal.written.slice(1)).toEqual(['\u001b[?2026l\u001b[0m\u001b[?25h\u001b[?1049l']);
  });
  test('can keep the last frame, without the empty lines at its end', () => {
    const { terminal, painter } = start();
    painter.show('one\n \ntwo\n '.split('\n'));
    painter.leave(true);
    expect(terminal.written.at(-1)).toMatch(/1049lone\r\n \r\ntwo\r\n$/);
  });
});
