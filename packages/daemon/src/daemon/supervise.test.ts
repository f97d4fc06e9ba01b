import { EventEmitter } from 'node:events';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { createLog } from '../base/log.ts';
import { type Supervised, supervise } from './supervise.ts';

/** A daemon whose every step is recorded, with the world around it. */
function world(parts: Partial<Supervised> & { readonly reload?: () => Promise<void> } = {}) {
  const events: string[] = [];
  const signals = new EventEmitter();
  const note =
    (name: string, step: () => Promise<void> = () => Promise.resolve()) =>
    async (): Promise<void> => {
      events.push(name);
      await step();
      events.push(`${name} done`);
    };
  const daemon: Supervised = {
    start: note('start', parts.start),
    stop: note('stop', parts.stop),
    setProblem: (problem) => events.push(`problem: ${problem}`),
    happened: (code, text) => events.push(`event ${code}: ${text}`),
    summary: () => 'counting eth0',
  };
  const ended = supervise(daemon, {
    signals,
    notify: (...state) => events.push(state.filter((line) => !line.startsWith('MONOTONIC')).join(' ')),
    watchdogIntervalMs: null,
    reload: note('reload', parts.reload),
    log: createLog('info', (line) => events.push(line.trim()), false),
  });
  return { events, signals, ended };
}

const never = (): Promise<void> => new Promise(() => {});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test.each(['SIGTERM', 'SIGINT'])('%s stops', async (signal) => {
  const { events, signals, ended } = world();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(events).toEqual(['start', 'start done', 'READY=1 STATUS=counting eth0']);
  signals.emit(signal);
  await ended;
  expect(events.slice(3)).toEqual(['STOPPING=1', 'stop', 'stop done']);
  expect(signals.eventNames()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('what hangs while stopping is waited for less than 3 s', async () => {
  const { events, signals, ended } = world({ stop: never });
  await vi.advanceTimersByTimeAsync(0);
  signals.emit('SIGTERM');
  let over = false;
  void ended.then(() => {
    over = true;
  });
  await vi.advanceTimersByTimeAsync(2_800);
  expect(over).toBe(false);
  await vi.advanceTimersByTimeAsync(199);
  expect(over).toBe(true);
  expect(events.at(-1)).toBe('ifcastd: warn: stopped without waiting any longer for what hangs');
});

test('a second Ctrl-C cuts the wait short', async () => {
  const { events, signals, ended } = world({ stop: never });
  await vi.advanceTimersByTimeAsync(0);
  signals.emit('SIGTERM');
  await vi.advanceTimersByTimeAsync(1);
  signals.emit('SIGINT');
  await ended;
  expect(events.at(-1)).toBe('ifcastd: warn: stopped at once');
});

test('a second SIGTERM does not: two may stop the same daemon', async () => {
  const { events, signals, ended } = world({
    stop: () => new Promise((resolve) => setTimeout(resolve, 500)),
  });
  await vi.advanceTimersByTimeAsync(0);
  signals.emit('SIGTERM');
  await vi.advanceTimersByTimeAsync(1);
  signals.emit('SIGTERM');
  await vi.advanceTimersByTimeAsync(500);
  await ended;
  expect(events.at(-1)).toBe('stop done');
});

test('a signal stops a start that hangs', async () => {
  const { events, signals, ended } = world({ start: never });
  signals.emit('SIGTERM');
  await ended;
  expect(events).toEqual(['start', 'STOPPING=1', 'stop', 'stop done']);
});

test('a start that fails is what comes of it', async () => {
  const { events, ended } = world({ start: () => Promise.reject(new Error('no such thing')) });
  await expect(ended).rejects.toThrow('no such thing');
  expect(events).toEqual(['start']);
});

test('SIGHUP reads the configuration again', async () => {
  const { events, signals } = world();
  await vi.advanceTimersByTimeAsync(0);
  events.length = 0;
  signals.emit('SIGHUP');
  await vi.advanceTimersByTimeAsync(0);
  expect(events).toEqual([
    'RELOADING=1',
    'reload',
    'reload done',
    'READY=1 STATUS=counting eth0',
    'ifcastd: info: the configuration has been read again',
    'event reload: the configuration has been read again',
  ]);
});

test('a configuration that is refused is told in the log, in health and to systemd', async () => {
  const { events, signals } = world({ reload: () => Promise.reject(new Error('f:1:2: host: wrong')) });
  await vi.advanceTimersByTimeAsync(0);
  events.length = 0;
  signals.emit('SIGHUP');
  await vi.advanceTimersByTimeAsync(0);
  expect(events).toEqual([
    'RELOADING=1',
    'reload',
    'ifcastd: error: the configuration stays as it was: f:1:2: host: wrong',
    'event refused: the configuration stays as it was: f:1:2: host: wrong',
    'problem: the new configuration is refused: f:1:2: host: wrong',
    'READY=1 STATUS=counting eth0',
  ]);
});

test('reloads come one after the other, and signals that come meanwhile make one more', async () => {
  let running = 0;
  const reload = async (): Promise<void> => {
    running += 1;
    expect(running).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    running -= 1;
  };
  const { events, signals } = world({ reload });
  await vi.advanceTimersByTimeAsync(0);
  for (let times = 0; times < 5; times++) {
    signals.emit('SIGHUP');
    await vi.advanceTimersByTimeAsync(1);
  }
  await vi.advanceTimersByTimeAsync(1_000);
  expect(events.filter((event) => event === 'reload done')).toHaveLength(2);
});

test('SIGHUP waits for the start, and does nothing while stopping', async () => {
  const start = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));
  const { events, signals } = world({ start, stop: never });
  signals.emit('SIGHUP');
  await vi.advanceTimersByTimeAsync(99);
  expect(events).toEqual(['start']);
  await vi.advanceTimersByTimeAsync(1);
  expect(events).toContain('reload done');
  signals.emit('SIGTERM');
  await vi.advanceTimersByTimeAsync(1);
  events.length = 0;
  signals.emit('SIGHUP');
  await vi.advanceTimersByTimeAsync(1);
  expect(events).toEqual([]);
});

test('the watchdog is told as long as it runs', async () => {
  const signals = new EventEmitter();
  const told: string[] = [];
  const daemon = {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    setProblem: () => {},
    happened: () => {},
    summary: () => '',
  };
  const ended = supervise(daemon, {
    signals,
    notify: (...state) => told.push(...state),
    watchdogIntervalMs: 500,
    reload: never,
    log: createLog('error', () => {}, false),
  });
  await vi.advanceTimersByTimeAsync(1_600);
  expect(told.filter((state) => state === 'WATCHDOG=1')).toHaveLength(3);
  signals.emit('SIGTERM');
  await ended;
  expect(vi.getTimerCount()).toBe(0);
});
