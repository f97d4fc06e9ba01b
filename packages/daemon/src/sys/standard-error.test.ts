import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { StandardError } from './standard-error.ts';

let directory: string;
let reader: number;
let writer: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'standard-error-'));
  const fifo = join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  // As a shell gives it: write(2) waits while the pipe is full.
  writer = openSync(fifo, constants.O_WRONLY);
});

afterEach(() => {
  closeSync(writer);
  if (reader !== -1) closeSync(reader);
  rmSync(directory, { recursive: true });
});

function read(): string {
  const buffer = Buffer.alloc(1 << 20);
  return buffer.subarray(0, readSync(reader, buffer)).toString();
}

test('writes lines, those that are too long shortened', () => {
  const stderr = new StandardError(() => {}, writer);
  expect(stderr.write('a\n')).toBe(true);
  expect(stderr.write(`${'ü'.repeat(5000)}\n`)).toBe(true);
  expect(read()).toMatch(/^a\nü{2040,2048}…\n$/);
});

test('does not wait for a reader that does not read', () => {
  const stderr = new StandardError(() => {}, writer);
  const line = `${'x'.repeat(999)}\n`;
  let written = 0;
  while (stderr.write(line)) written++;
  expect(written).toBeGreaterThan(10);
  expect(read()).toBe(line.repeat(written));
  expect(stderr.write(line)).toBe(true);
});

test('loses what nobody can read any more, and what a full disk does not take', () => {
  closeSync(reader);
  reader = -1;
  expect(new StandardError(() => {}, writer).write('a\n')).toBe(false);
  const full = openSync('/dev/full', 'w');
  expect(new StandardError(() => {}, full).write('a\n')).toBe(false);
  closeSync(full);
  expect(new StandardError(() => {}, -1).write('a\n')).toBe(false);
});
