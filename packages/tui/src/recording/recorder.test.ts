import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test, vi } from 'vitest';
import { TuiError } from '../base/tui-error.ts';
import { LIVE_EVENTS } from '../fixtures.ts';
import { encodeEvent } from '../lines/json-lines.ts';
import { Recorder } from './recorder.ts';

const directory = mkdtempSync(join(tmpdir(), 'ifcast-record-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('every event is in the file, a line each', async () => {
  const file = join(directory, 'recorded.jsonl');
  const problem = vi.fn();
  const recorder = new Recorder(file, false, problem);
  recorder.start();
  for (const event of LIVE_EVENTS) recorder.write(event);
  await recorder.close();
  expect(readFileSync(file, 'utf8')).toBe(LIVE_EVENTS.map((event) => `${encodeEvent(event)}\n`).join(''));
  expect(problem).not.toHaveBeenCalled();
  expect(recorder.failure).toBeNull();
});

test('a file that is there is kept, unless it shall be overwritten', async () => {
  const file = join(directory, 'there.jsonl');
  writeFileSync(file, 'precious');
  expect(() => new Recorder(file, false, vi.fn()).start()).toThrow(
    new TuiError(
      'cannotCreate',
      `--record: "${file}" is there already: name another file, or overwrite it with --force`,
    ),
  );
  expect(readFileSync(file, 'utf8')).toBe('precious');
  const recorder = new Recorder(file, true, vi.fn());
  recorder.start();
  await recorder.close();
  expect(readFileSync(file, 'utf8')).toBe('');
});

test('where nothing can be written it is said at once: exit 73', () => {
  const start = (): void => new Recorder('/nowhere/file', false, vi.fn()).start();
  expect(start).toThrow(new TuiError('cannotCreate', '--record: cannot write "/nowhere/file" (ENOENT)'));
});

test('a full disk ends the recording, is told once, and nothing else', async () => {
  const problem = vi.fn();
  const recorder = new Recorder('/dev/full', false, problem);
  recorder.start();
  for (const event of LIVE_EVENTS) recorder.write(event);
  const words = 'the recording /dev/full ended early: the disk is full (ENOSPC)';
  await vi.waitFor(() => expect(problem).toHaveBeenCalledExactlyOnceWith(words));
  for (const event of LIVE_EVENTS) recorder.write(event);
  await recorder.close();
  expect(problem).toHaveBeenCalledOnce();
  expect(recorder.failure).toBe(words);
});

test('a disk that is full only at the end is told too', async () => {
  const recorder = new Recorder('/dev/full', false, vi.fn());
  recorder.start();
  recorder.write(LIVE_EVENTS[0]!);
  await recorder.close();
  expect(recorder.failure).toContain('ENOSPC');
});
