import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';

import { afterAll, describe, expect, test, vi } from 'vitest';
import { TuiError } from '../base/tui-error.ts';
import { LIVE_EVENTS, NOW, stats } from '../fixtures.ts';
import { encodeEvent } from '../lines/json-lines.ts';
import type { DashboardEvent } from '../store/events.ts';
import { ReplaySource } from './replay-source.ts';

const directory = mkdtempSync(join(tmpdir(), 'ifcast-replay-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** What a source told: the events since it was rewound last, and how often it ended and was rewound. */
class Told {
  events: DashboardEvent[] = [];
  ends = 0;
  rewinds = 0;
  readonly source: ReplaySource;

  constructor(file: string, speed = 1, stdin?: Readable) {
    const listener = {
      push: (event: DashboardEvent) => {
        // Whatever is shown with an event is of its time or later.
        expect(this.source.now()).toBeGreaterThanOrEqual(event.type === 'rejected' ? 0 : event.at);
        this.events.push(event);
      },
      end: () => {
        this.ends++;
      },
      rewind: () => {
        this.events = [];
        this.rewinds++;
      },
    };
    this.source = new ReplaySource(file, speed, listener, stdin);
  }

  get times(): number[] {
    return this.events.map(({ at }) => at - NOW);
  }

  async until(condition: () => boolean): Promise<void> {
    await vi.waitFor(() => expect(condition()).toBe(true), { timeout: 5_000, interval: 2 });
  }
}

async function replayed(file: string, speed: number = Number.POSITIVE_INFINITY, stdin?: Readable) {
  const told = new Told(file, speed, stdin);
  await told.source.start();
  await told.until(() => told.ends > 0);
  return told;
}

function lines(events: readonly DashboardEvent[]): string {
  return events.map((event) => `${encodeEvent(event)}\n`).join('');
}

function recording(name: string, content: string | Buffer): string {
  const file = join(directory, name);
  writeFileSync(file, content);
  return file;
}

function connectedAt(...ms: number[]): DashboardEvent[] {
  return ms.map((at) => ({ at: NOW + at, type: 'connected', broker: String(at) }));
}

async function failure(file: string, stdin?: Readable): Promise<TuiError> {
  try {
    await new Told(file, 1, stdin).source.start();
  } catch (error) {
    if (error instanceof TuiError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('every way to hand over a recording gives the same events', () => {
  const content = lines(LIVE_EVENTS);
  test('a file', async () => {
    const told = await replayed(recording('plain.jsonl', content));
    expect(told.events).toEqual(LIVE_EVENTS);
    // The clock stands still at the end.
    expect(told.source.now()).toBe(NOW);
    expect(told.source.replay.position()).toMatchObject({
      from: NOW - 60_000,
      until: NOW,
      at: NOW,
      ended: true,
    });
  });
  test('one of gzip, by its content, whatever it is called', async () => {
    const told = await replayed(recording('zipped.jsonl', gzipSync(content)));
    expect(told.events).toEqual(LIVE_EVENTS);
    await told.until(() => told.source.replay.position().until === NOW);
  });
  test('one of gzip that ends in the middle: what is there of it', async () => {
    const whole = gzipSync(content);
    const told = await replayed(recording('torn.gz', whole.subarray(0, whole.length / 2)));
    expect(told.events.length).toBeGreaterThan(10);
    expect(LIVE_EVENTS).toEqual(expect.arrayContaining(told.events.slice(0, -1)));
  });
  test.each([
    ['plain', Buffer.from(content)],
    ['gzip', gzipSync(content)],
  ])('a pipe, %s, in pieces of any size', async (_name, bytes) => {
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) =>
      bytes.subarray(index * 7, index * 7 + 7),
    );
    const told = await replayed('-', Number.POSITIVE_INFINITY, Readable.from(pieces));
    expect(told.events).toEqual(LIVE_EVENTS);
  });
});

describe('time', () => {
  test('goes as fast as asked', async () => {
    const told = await replayed(recording('paced.jsonl', lines(connectedAt(0, 400, 1_000))), 10);
    expect(told.times).toEqual([0, 400, 1_000]);
  });

  test('stopping ends the wait for the next event, however far it is', async () => {
    const file = recording('gap.jsonl', lines(connectedAt(0, 365 * 24 * 3_600_000)));
    const told = new Told(file);
    await told.source.start();
    await told.until(() => told.events.length === 1);
    told.source.stop();
    expect(told.ends).toBe(0);
  });

  test('stands still while paused, and goes on from there', async () => {
    const file = recording('pause.jsonl', lines(connectedAt(0, 50, 60_000)));
    const told = new Told(file);
    await told.source.start();
    told.source.replay.pause();
    await told.until(() => told.events.length === 1);
    const at = told.source.now();
    expect(told.source.replay.position()).toMatchObject({ paused: true, at });
    const other = new Told(file);
    await other.source.start();
    await other.until(() => other.events.length === 2);
    other.source.stop();
    expect({ now: told.source.now(), times: told.times }).toEqual({ now: at, times: [0] });
    told.source.replay.resume();
    await told.until(() => told.events.length === 2);
    told.source.stop();
  });

  test('is twice, four times, half as fast', async () => {
    const told = new Told(recording('speed.jsonl', lines(connectedAt(0, 1_000_000))));
    await told.source.start();
    const { replay } = told.source;
    const speeds = [replay.faster, replay.faster, replay.slower].map((change) => {
      change();
      return replay.position().speed;
    });
    expect(speeds).toEqual([2, 4, 2]);
    for (let index = 0; index < 40; index++) replay.faster();
    expect(replay.position().speed).toBe(1024);
    await told.until(() => told.source.now() - NOW > 2_000);
    told.source.stop();
  });
});

describe('seeking', () => {
  const at = Array.from({ length: 100 }, (_, index) => index * 1_000);
  const content = lines(connectedAt(...at));

  async function started(file: string): Promise<Told> {
    const told = new Told(file);
    await told.source.start();
    told.source.replay.pause();
    await told.until(() => told.events.length === 1 && told.source.replay.position().until !== null);
    return told;
  }

  test.each([
    ['plain', Buffer.from(content)],
    ['gzip', gzipSync(content)],
  ])('forward brings everything between; back begins anew (%s)', async (name, bytes) => {
    const told = await started(recording(`seek-${name}`, bytes));
    const { replay } = told.source;
    const start = told.source.now() - NOW;
    replay.seek(30_500 - start);
    await told.until(() => !replay.position().seeking);
    expect(told.times).toEqual(at.slice(0, 31));
    expect(told.source.now()).toBeCloseTo(NOW + 30_500, 3);
    expect(told.rewinds).toBe(0);
    // Two presses before anything could be read count as two.
    replay.seek(-10_000);
    replay.seek(-10_000);
    await told.until(() => !replay.position().seeking);
    expect(told.times).toEqual(at.slice(0, 11));
    expect(told.source.now()).toBeCloseTo(NOW + 10_500, 3);
    expect(told.rewinds).toBe(2);
    replay.seek(-1e9);
    await told.until(() => !replay.position().seeking);
    expect(told.times).toEqual([0]);
    told.source.stop();
  });

  test('to the end and back again', async () => {
    const told = await started(recording('end.jsonl', content));
    const { replay } = told.source;
    replay.seek(1e9);
    await told.until(() => told.ends === 1);
    expect(told.times).toEqual(at);
    replay.seek(5_000);
    expect(replay.position()).toMatchObject({ ended: true, at: NOW + 99_000, until: NOW + 99_000 });
    replay.seek(-9_500);
    await told.until(() => !replay.position().seeking);
    expect(told.times.at(-1)).toBe(89_000);
    expect(replay.position()).toMatchObject({ ended: false, paused: true });
    replay.resume();
    replay.seek(1e9);
    await told.until(() => told.ends === 2);
  });

  test('broadcasts of more than an hour before are passed over, what hosts say of themselves is not', async () => {
    const hour = 3_600_000;
    const broadcast = (ms: number): DashboardEvent => ({
      at: NOW + ms,
      type: 'stats',
      host: 'h',
      iface: 'i',
      stats: stats(NOW + ms),
    });
    const status: DashboardEvent = {
      at: NOW + 2,
      type: 'status',
      host: 'h',
      status: 'online',
      retained: true,
    };
    const events = [...connectedAt(0, 1), status, broadcast(3), broadcast(1.5 * hour), broadcast(2 * hour)];
    const told = await started(recording('hours.jsonl', lines(events)));
    told.source.replay.seek(2 * hour);
    await told.until(() => told.ends === 1);
    expect(told.times).toEqual([0, 1, 2, 1.5 * hour, 2 * hour]);
  });

  test('a pipe goes forward only', async () => {
    const told = new Told('-', 1, Readable.from([Buffer.from(content)]));
    await told.source.start();
    const { replay } = told.source;
    replay.pause();
    replay.seek(50_500);
    await told.until(() => !replay.position().seeking);
    expect(told.events).toHaveLength(51);
    replay.seek(-10_000);
    expect(told.rewinds).toBe(0);
    told.source.stop();
  });
});

describe('what cannot be used', () => {
  test('lines that are none of ours are rejected by their number', async () => {
    const good = encodeEvent({ at: NOW, type: 'connected', broker: 'b' });
    const file = recording(
      'broken.jsonl',
      `${good}\n\nnonsense\n${'['.repeat(200_000)}\n${good.replace('"schema":1', '"schema":9')}\r\n${good}`,
    );
    const { events } = await replayed(file);
    expect(events.map((event) => (event.type === 'rejected' ? event.topic : event.type))).toEqual([
      'connected',
      `${file}:3`,
      `${file}:4`,
      `${file}:5`,
      'connected',
    ]);
  });

  test.each<[string, string | Buffer, RegExp]>([
    ['text', 'hello\n', /:1: .*not JSON.*; a recording is what --record or --json writes$/],
    ['a capture file', Buffer.from('d4c3b2a1020004000000', 'hex'), /:1: /],
    ['an empty file', '', /:0: nothing is recorded in it/],
    ['JSON of others', '{"a":1}\n', /:1: field "schema" is not 1/],
    ['blank lines, then nonsense', '\n\nnonsense\n', /:3: /],
    ['one endless line', Buffer.alloc(10_000_000), /:1: /],
    ['broken gzip', Buffer.from('1f8b0800deadbeef', 'hex'), /:\d: /],
  ])('%s is no recording: exit 65 with the line and the reason', async (name, content, words) => {
    const error = await failure(recording(name, content));
    expect(error.exitCode).toBe(65);
    expect(error.message).toMatch(words);
    expect(error.message).not.toMatch(/[\0\n]/);
  });

  test('files that cannot be opened: exit 66', async () => {
    expect((await failure('/nowhere')).exitCode).toBe(66);
    expect(await failure(directory)).toMatchObject({
      exitCode: 66,
      message: expect.stringContaining('EISDIR'),
    });
  });
});
