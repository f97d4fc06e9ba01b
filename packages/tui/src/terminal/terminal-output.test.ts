import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { columnMark } from '../text/column-mark.ts';
import { TerminalOutput } from './terminal-output.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start() {
  let written = '';
  const terminal = {
    columns: 80,
    rows: 24,
    room: Number.POSITIVE_INFINITY,
    writes: 0,
    write(bytes: Uint8Array): number {
      const taken = Math.min(terminal.room, bytes.byteLength);
      terminal.room -= taken;
      terminal.writes++;
      written += Buffer.from(bytes.subarray(0, taken)).toString();
      return taken;
    },
  };
  const output = new TerminalOutput(terminal);
  const drained = vi.fn();
  output.on('drain', drained);
  return { terminal, output, drained, written: () => written };
}

test('what is written for a frame is one write', async () => {
  const { terminal, output, written } = start();
  output.write('begin ');
  output.write('frame ');
  output.write('end');
  await Promise.resolve();
  expect(written()).toBe('begin frame end');
  expect(terminal.writes).toBe(1);
});

test('a terminal that does not read keeps nobody waiting, and says when it reads again', async () => {
  const { terminal, output, drained, written } = start();
  terminal.room = 4;
  output.write('a frame');
  await Promise.resolve();
  expect(output.blocked).toBe(true);
  expect(written()).toBe('a fr');
  vi.advanceTimersByTime(1_000);
  expect(drained).not.toHaveBeenCalled();
  terminal.room = Number.POSITIVE_INFINITY;
  vi.advanceTimersByTime(20);
  expect(written()).toBe('a frame');
  expect(output.blocked).toBe(false);
  expect(drained).toHaveBeenCalledOnce();
});

test('a character may be cut anywhere', async () => {
  const { terminal, output, written } = start();
  const bytes: Uint8Array[] = [];
  terminal.write = (chunk) => {
    bytes.push(chunk.slice(0, 1));
    return Math.min(1, chunk.byteLength);
  };
  output.write('▁機');
  output.flush();
  vi.advanceTimersByTime(1_000);
  expect(Buffer.concat(bytes).toString()).toBe('▁機');
  expect(written()).toBe('');
});

test('the end waits for a terminal that reads, not for one that does not', async () => {
  const { terminal, output } = start();
  terminal.room = 0;
  output.write('farewell');
  const ended = vi.fn();
  void output.end(500).then(ended);
  await vi.advanceTimersByTimeAsync(400);
  expect(ended).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(ended).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test('a space that knows its column goes there', async () => {
  const { output, written } = start();
  output.write(`name${columnMark(30)}123`);
  output.flush();
  expect(written()).toBe('name\u001b[31G 123');
});
