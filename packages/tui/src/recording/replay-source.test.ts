import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test, vi } from 'vitest';
import { LIVE_EVENTS, NOW } from '../fixtures.ts';
import { encodeEvent } from '../lines/json-lines.ts';
import type { DashboardEvent } from '../store/events.ts';
import { TuiError } from '../tui-error.ts';
import { Recorder } from './recorder.ts';
import { ReplaySource } from './replay-source.ts';

const directory = mkdtempSync(join(tmpdir(), 'ifcast-replay-'));
afterAll(() => rmSync(directory, { recursive: true }));

interface Replayed {
  readonly events: DashboardEvent[];
  readonly source: ReplaySource;
}

async function replay(file: string, speed: number): Promise<Replayed> {
  const events: DashboardEvent[] = [];
  return new Promise((resolve) => {
    const source = new ReplaySource(
      file,
      speed,
      (event) => events.push(event),
      () => resolve({ events, source }),
    );
    source.start();
  });
}

function recording(name: string, events: readonly DashboardEvent[]): string {
  const file = join(directory, name);
  writeFileSync(file, events.map((event) => `${encodeEvent(event)}\n`).join(''));
  return file;
}

test('what a recorder wrote is replayed event for event', async () => {
  const file = join(directory, 'recorded.jsonl');
  const problem = vi.fn();
  const recorder = new Recorder(file, problem);
  for (const event of LIVE_EVENTS) recorder.write(event);
  await recorder.close();
  const { events, source } = await replay(file, Number.POSITIVE_INFINITY);
  expect(events).toEqual(LIVE_EVENTS);
  expect(problem).not.toHaveBeenCalled();
  // The clock stands still at the end.
  expect(source.now()).toBe(NOW);
});

test('time goes as fast as asked, and events come at theirs', async () => {
  const events = [0, 400, 1_000].map(
    (ms): DashboardEvent => ({ at: NOW + ms, type: 'connected', broker: String(ms) }),
  );
  const file = recording('paced.jsonl', events);
  const seen: number[] = [];
  await new Promise<void>((resolve) => {
    const source = new ReplaySource(
      file,
      10,
      (event) => {
        expect(source.now()).toBeGreaterThanOrEqual(event.at);
        seen.push(event.at);
      },
      resolve,
    );
    source.start();
  });
  expect(seen).toEqual(events.map(({ at }) => at));
});

test('stopping ends the wait for the next event, however far it is', async () => {
  const year = 365 * 24 * 3_600_000;
  const file = recording('gap.jsonl', [
    { at: NOW, type: 'connected', broker: 'a' },
    { at: NOW + year, type: 'connected', broker: 'b' },
  ]);
  const events: DashboardEvent[] = [];
  const ended = vi.fn();
  const source = new ReplaySource(file, 1, (event) => events.push(event), ended);
  source.start();
  await vi.waitFor(() => expect(events).toHaveLength(1));
  source.stop();
  expect(ended).not.toHaveBeenCalled();
});

test('lines that are none of ours are rejected by their number', async () => {
  const file = join(directory, 'broken.jsonl');
  const good = encodeEvent({ at: NOW, type: 'connected', broker: 'b' });
  writeFileSync(
    file,
    `${good}\n\nnonsense\n${'['.repeat(70_000)}\n${good.replace('"schema":1', '"schema":9')}\r\n${good}`,
  );
  const { events } = await replay(file, Number.POSITIVE_INFINITY);
  expect(events.map((event) => (event.type === 'rejected' ? event.topic : event.type))).toEqual([
    'connected',
    `${file}:3`,
    `${file}:4`,
    `${file}:5`,
    'connected',
  ]);
});

test('files that cannot be opened are said at once', () => {
  const failure = (run: () => unknown): TuiError => {
    try {
      run();
    } catch (error) {
      if (error instanceof TuiError) return error;
      throw error;
    }
    throw new Error('no error');
  };
  expect(failure(() => new ReplaySource('/nowhere', 1, vi.fn(), vi.fn())).exitCode).toBe(66);
  const cannotWrite = failure(() => new Recorder('/nowhere/file', vi.fn()));
  expect(cannotWrite.exitCode).toBe(73);
  expect(cannotWrite.message).toBe('--record: cannot write "/nowhere/file" (ENOENT)');
});

test('a full disk ends the recording, is told once, and nothing else', async () => {
  const problem = vi.fn();
  const recorder = new Recorder('/dev/full', problem);
  for (const event of LIVE_EVENTS) recorder.write(event);
  await vi.waitFor(() =>
    expect(problem).toHaveBeenCalledExactlyOnceWith('the recording /dev/full ended early (ENOSPC)'),
  );
  for (const event of LIVE_EVENTS) recorder.write(event);
  await recorder.close();
  expect(problem).toHaveBeenCalledOnce();
});
