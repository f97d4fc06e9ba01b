import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog } from '../base/log.ts';
import { sampleConfig } from '../config/load-config.ts';
import type { InterfaceSnapshot } from '../report/counts.ts';
import type { Description, OutputStatus } from '../report/description.ts';
import type { Output, OutputKind } from './output.ts';
import { OutputSet } from './output-set.ts';

const { config: CONFIG } = sampleConfig({ hostname: 'gw', env: {} });
const DESCRIPTION = { host: 'gw' } as Description;
const SNAPSHOTS: readonly InterfaceSnapshot[] = [];
const VITALS = { uptimeS: 1, rssBytes: 2, eventLoopLagMsP99: 3, captureRestarts: 4, problem: null };

/** An output whose steps do what the test wants. */
class FakeOutput implements Output {
  readonly steps: string[] = [];
  readonly #acts: Readonly<Record<string, () => void | Promise<void>>>;

  constructor(acts: Readonly<Record<string, () => void | Promise<void>>>) {
    this.#acts = acts;
  }

  async start(): Promise<void> {
    await this.#do('start');
  }

  async stop(): Promise<void> {
    await this.#do('stop');
  }

  describe(): void {
    void this.#do('describe');
  }

  publish(): void | Promise<void> {
    return this.#do('publish');
  }

  health(): void {
    void this.#do('health');
  }

  status(): OutputStatus {
    void this.#do('status');
    return { state: 'running', reason: null, where: 'here' };
  }

  #do(step: string): void | Promise<void> {
    if (step !== 'status') this.steps.push(step);
    return this.#acts[step]?.();
  }
}

function world(
  acts: Readonly<Record<string, Readonly<Record<string, () => void | Promise<void>>>>>,
  settings: OutputKind['settings'] = ({ host }) => host,
) {
  const made: Record<string, FakeOutput[]> = {};
  const kinds = Object.entries(acts).map(([name, act]): OutputKind => {
    made[name] = [];
    return {
      name,
      settings,
      create: () => {
        const output = new FakeOutput(act);
        made[name]!.push(output);
        return output;
      },
    };
  });
  const lines: string[] = [];
  let changes = 0;
  const log = createLog('info', (line) => lines.push(line.trim()), false);
  const set = new OutputSet(kinds, log, () => {
    changes++;
    set.describe(DESCRIPTION);
  });
  return { set, made, lines, changes: () => changes };
}

const fail = (words: string) => (): never => {
  throw new Error(words);
};
const never = (): Promise<void> => new Promise(() => {});

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test.each(['describe', 'publish', 'health', 'status'])(
  'what one throws at %s touches no other',
  async (step) => {
    const { set, made, lines } = world({ bad: { [step]: fail('broken\u001b') }, good: {} });
    await set.start(CONFIG);
    for (let times = 0; times < 3; times++) {
      set.describe(DESCRIPTION);
      set.publish(SNAPSHOTS);
      set.health(VITALS);
    }
    expect(made['good']![0]!.steps.filter((each) => each === 'publish')).toHaveLength(3);
    expect(made['good']![0]!.steps.filter((each) => each === 'health')).toHaveLength(3);
    expect(set.status()).toMatchObject([
      { name: 'bad', state: 'failed', reason: 'broken\u001b' },
      { name: 'good', state: 'running', reason: null, where: 'here' },
    ]);
    expect(set.problem()).toBe('output bad: broken\u001b');
    expect(lines.filter((line) => line.includes('bad'))).toHaveLength(step === 'status' ? 0 : 1);
    await set.stop();
  },
);

test('words that differ every time are told once, and that it works again', async () => {
  let times = 0;
  const publish = (): void => {
    if (times++ < 3) throw new Error(`broken ${times}`);
  };
  const { set, lines, changes } = world({ bad: { publish } });
  await set.start(CONFIG);
  set.describe(DESCRIPTION);
  for (let tick = 0; tick < 5; tick++) set.publish(SNAPSHOTS);
  expect(lines).toEqual(['ifcastd: error: output bad: broken 1', 'ifcastd: info: output bad: works again']);
  expect(changes()).toBe(2);
  expect(set.problem()).toBeNull();
  await set.stop();
});

test('a tick that is rejected later is a failure as any other', async () => {
  const { set } = world({ bad: { publish: () => Promise.reject(new Error('late')) }, good: {} });
  await set.start(CONFIG);
  set.describe(DESCRIPTION);
  set.publish(SNAPSHOTS);
  await vi.advanceTimersByTimeAsync(0);
  expect(set.problem()).toBe('output bad: late');
  await set.stop();
});

test('one that does not finish with a tick is not given the next ones, and is told of', async () => {
  const { set, made } = world({ slow: { publish: never }, good: {} });
  await set.start(CONFIG);
  set.describe(DESCRIPTION);
  for (let tick = 0; tick < 12; tick++) {
    set.publish(SNAPSHOTS);
    await vi.advanceTimersByTimeAsync(500);
  }
  expect(made['slow']![0]!.steps.filter((step) => step === 'publish')).toHaveLength(1);
  expect(made['good']![0]!.steps.filter((step) => step === 'publish')).toHaveLength(12);
  expect(set.problem()).toBe('output slow: it has not finished with earlier counts within 5 s');
  await set.stop();
});

test('one that cannot be started is tried again, and then described', async () => {
  let taken = true;
  const start = (): void => {
    if (taken) throw new Error('the port is taken');
  };
  const { set, made } = world({ bad: { start }, good: {} });
  await set.start(CONFIG);
  set.describe(DESCRIPTION);
  expect(set.problem()).toBe('output bad: the port is taken');
  await vi.advanceTimersByTimeAsync(10_000);
  taken = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(set.problem()).toBeNull();
  expect(made['bad']!.map(({ steps }) => steps)).toEqual([
    ['start', 'stop'],
    ['start', 'stop'],
    ['start', 'describe'],
  ]);
  await set.stop();
  expect(made['bad']![2]!.steps).toEqual(['start', 'describe', 'stop']);
});

test('a start that hangs holds up nobody for more than 5 s', async () => {
  const { set } = world({ hung: { start: never }, good: {} });
  const started = set.start(CONFIG);
  await vi.advanceTimersByTimeAsync(5_000);
  await started;
  expect(set.problem()).toBe('output hung: it has not started within 5 s');
  await set.stop();
});

test('when none can be started, that is what comes of it', async () => {
  const { set, made } = world({ bad: { start: fail('the port is taken') } });
  await expect(set.start(CONFIG)).rejects.toThrow('the port is taken');
  expect(made['bad']![0]!.steps).toEqual(['start', 'stop']);
});

test('a change replaces those whose settings are others, and takes away those that are off', async () => {
  const { set, made } = world({ a: {}, b: {} });
  await set.start(CONFIG);
  await set.change({ ...CONFIG, delayMs: 1000 });
  expect(made['a']).toHaveLength(1);
  await set.change({ ...CONFIG, host: 'other' });
  expect(made['a']!.map(({ steps }) => steps)).toEqual([['start', 'stop'], ['start']]);
  await set.stop();

  const optional = world({ a: {} }, ({ host }) => (host === 'off' ? null : host));
  await optional.set.start({ ...CONFIG, host: 'off' });
  expect(optional.set.status()).toEqual([]);
  await optional.set.change(CONFIG);
  expect(optional.set.status()).toMatchObject([{ name: 'a' }]);
  await optional.set.change({ ...CONFIG, host: 'off' });
  expect(optional.made['a']![0]!.steps).toEqual(['start', 'stop']);
});

test('a change that fails leaves those of before at work, described anew', async () => {
  let starts = 0;
  const start = (): void => {
    if (++starts === 2) throw new Error('the port is taken');
  };
  const { set, made } = world({ bad: { start }, good: {} });
  await set.start(CONFIG);
  set.describe(DESCRIPTION);
  await expect(set.change({ ...CONFIG, host: 'other' })).rejects.toThrow('the port is taken');
  expect(made['bad']!.map(({ steps }) => steps)).toEqual([
    ['start', 'describe', 'stop'],
    ['start', 'stop'],
    ['start', 'describe'],
  ]);
  expect(made['good']!.map(({ steps }) => steps)).toEqual([
    ['start', 'describe', 'stop'],
    ['start', 'stop'],
    ['start', 'describe'],
  ]);
  expect(set.problem()).toBeNull();
  await set.stop();
});
