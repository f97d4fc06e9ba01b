import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DaemonError } from '../base/daemon-error.ts';
import { createLog } from '../base/log.ts';
import type { CaptureSource, CaptureTask, Replacement, StatusListener } from '../capture/capture-source.ts';
import { Totals } from '../capture/totals.ts';
import type { Config } from '../config/config.ts';
import { embeddedTable } from '../config/embedded-settings.ts';
import type { Output, OutputKind } from '../outputs/output.ts';
import type { InterfaceCounts, InterfaceSnapshot } from '../report/counts.ts';
import type { CaptureStatus, Description, OutputStatus } from '../report/description.ts';
import type { Vitals } from '../report/vitals.ts';
import { Daemon } from './daemon.ts';

class FakeSource implements CaptureSource {
  readonly totals: Totals;
  readonly restarts = 2;
  readonly #onStatus: StatusListener;
  #prepared = 0;
  task: CaptureTask;
  started = false;
  stopped = false;
  /** Lets a slow one open. */
  open = (): void => {};
  refuses = false;
  current: CaptureStatus = {
    state: 'counting',
    reason: null,
    backend: 'cap',
    hook: null,
    packet: 'captured',
    linkType: 'EN10MB',
    notes: [],
    gap: null,
  };

  constructor(task: CaptureTask, onStatus: StatusListener) {
    this.task = task;
    this.totals = new Totals(task.filters, task.sizeUpperBounds, { losses: false, directions: false });
    this.#onStatus = onStatus;
  }

  get iface(): string {
    return this.task.iface;
  }

  async start(): Promise<void> {
    this.started = true;
    if (this.task.iface === 'forbidden') throw new DaemonError('noPermission', 'CAP_NET_RAW is missing');
    if (this.task.iface !== 'slow') return;
    await new Promise<void>((resolve) => {
      this.open = resolve;
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
  }

  status(): CaptureStatus {
    return this.current;
  }

  become(state: CaptureStatus['state'], reason: string | null): void {
    this.current = { ...this.current, state, reason };
    this.#onStatus(this);
  }

  read(): InterfaceCounts {
    return this.totals.read();
  }

  async prepare(task: CaptureTask): Promise<Replacement> {
    if (this.refuses) throw new DaemonError('config', 'refused');
    this.#prepared++;
    return {
      commit: async () => {
        this.#prepared--;
        this.task = task;
        this.totals.replace(task.filters, task.sizeUpperBounds);
      },
      discard: async () => {
        this.#prepared--;
      },
    };
  }

  /** Changes that have neither been made nor let go. */
  get prepared(): number {
    return this.#prepared;
  }
}

class FakeOutput implements Output {
  readonly descriptions: Description[] = [];
  readonly published: (readonly InterfaceSnapshot[])[] = [];
  readonly vitals: Vitals[] = [];
  readonly topic: string;
  current: OutputStatus;
  running = false;

  constructor(topic: string) {
    this.topic = topic;
    this.current = { state: 'running', reason: null, where: topic };
  }

  async start(): Promise<void> {
    if (this.topic === 'taken') throw new DaemonError('unavailable', 'the port is taken');
    this.running = true;
  }

  async stop(): Promise<void> {
    this.running = false;
  }

  describe(description: Description): void {
    this.descriptions.push(description);
  }

  publish(snapshots: readonly InterfaceSnapshot[]): void {
    this.published.push(snapshots);
  }

  health(vitals: Vitals): void {
    this.vitals.push(vitals);
  }

  status(): OutputStatus {
    return this.current;
  }
}

function filter(id: string, expression: string, enabled = true): Config['filters'][number] {
  return { id, name: id, enabled, conditions: {}, expression };
}

const CONFIG: Config = {
  host: 'gw',
  interfaces: ['eth0'],
  backend: 'cap',
  hook: 'socket',
  packet: 'wire',
  delayMs: 500,
  stateIntervalS: 30,
  sizeUpperBounds: [64],
  cap: { bufferBytes: 1 << 20 },
  logLevel: 'info',
  mqtt: {
    urls: ['mqtt://127.0.0.1'],
    topic: 'ifcast',
    version: 'auto',
    clientId: 'ifcast-gw',
    username: null,
    password: null,
    ca: null,
    cert: null,
    key: null,
    servername: null,
    keepaliveS: 10,
    retain: true,
    scalars: false,
    embedded: embeddedTable.default,
  },
  homeAssistant: {
    enabled: false,
    discoveryPrefix: 'homeassistant',
    discovery: 'device',
    buckets: false,
    units: 'Mbit/s',
    url: null,
  },
  prometheus: { listen: null, textfile: null, promacct: false },
  socket: null,
  triggers: [],
  filters: [filter('all', ''), filter('off', 'arp', false), filter('web', 'tcp port 443')],
};

function build(config: Config = CONFIG): {
  daemon: Daemon;
  lines: string[];
  sources: FakeSource[];
  outputs: FakeOutput[];
} {
  const sources: FakeSource[] = [];
  const outputs: FakeOutput[] = [];
  const kind: OutputKind<string> = {
    name: 'fake',
    settings: ({ mqtt }) => mqtt.topic,
    create: (topic) => {
      const output = new FakeOutput(topic);
      outputs.push(output);
      return output;
    },
  };
  const lines: string[] = [];
  const daemon = new Daemon(config, {
    version: '1.2.3',
    log: createLog('info', (line) => lines.push(line.trim()), false),
    defaultInterface: () => null,
    linkSpeed: () => 1000,
    createSource: (_config, task, onStatus) => {
      const source = new FakeSource(task, onStatus);
      sources.push(source);
      return source;
    },
    outputs: [kind],
    createRunner: () => {
      throw new Error('no trigger has a command');
    },
    onChange: () => {},
  });
  return { daemon, lines, sources, outputs };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('counts enabled filters only, publishes every delay_ms and health every minute', async () => {
  const { daemon, sources, outputs } = build();
  await daemon.start();
  expect(sources[0]?.task.filters).toEqual([
    { id: 'all', expression: '' },
    { id: 'web', expression: 'tcp port 443' },
  ]);
  expect(outputs[0]?.descriptions[0]).toMatchObject({
    host: 'gw',
    version: '1.2.3',
    filters: [{ id: 'all' }, { id: 'web', expression: 'tcp port 443' }],
    interfaces: [{ name: 'eth0', backend: 'cap', state: 'counting', linkSpeed: 1000 }],
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(outputs[0]?.published).toHaveLength(120);
  expect(outputs[0]?.published[0]?.[0]?.iface).toBe('eth0');
  expect(outputs[0]?.vitals).toHaveLength(2);
  expect(outputs[0]?.vitals[1]).toMatchObject({ uptimeS: 60, captureRestarts: 2, problem: null });
  await daemon.stop();
  expect(sources[0]?.stopped).toBe(true);
  expect(outputs[0]?.running).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

test('tells of a changed interface at once, and of a failed one in health', async () => {
  const { daemon, sources, outputs } = build();
  await daemon.start();
  sources[0]?.become('failed', 'eth0 cannot be opened');
  expect(outputs[0]?.descriptions.at(-1)?.interfaces[0]).toMatchObject({
    state: 'failed',
    reason: 'eth0 cannot be opened',
  });
  expect(outputs[0]?.vitals.at(-1)?.problem).toBe('eth0 cannot be opened');
  sources[0]?.become('counting', null);
  expect(outputs[0]?.vitals.at(-1)?.problem).toBeNull();
  await daemon.stop();
});

test('says of every change in the log how each interface is counted, or why not', async () => {
  const { daemon, lines, sources } = build();
  await daemon.start();
  sources[0]?.become('counting', null);
  sources[0]?.become('counting', null);
  sources[0]?.become('waiting', 'interface eth0 is down');
  sources[0]?.become('failed', 'eth0 cannot be opened');
  sources[0]?.become('counting', 'not counted in the kernel: CAP_BPF is missing');
  sources[0]!.current = { ...sources[0]!.current, backend: 'ebpf', hook: 'socket', packet: 'wire' };
  sources[0]?.become('counting', null);
  expect(lines).toEqual([
    'ifcastd: info: eth0: counting, cap, captured packets',
    'ifcastd: warn: eth0: waiting: interface eth0 is down',
    'ifcastd: error: eth0: failed: eth0 cannot be opened',
    'ifcastd: warn: eth0: counting, cap, captured packets: not counted in the kernel: CAP_BPF is missing',
    'ifcastd: info: eth0: counting, ebpf socket, wire packets',
  ]);
  await daemon.stop();
});

test('says in one line what is counted and told, and what is not and why', async () => {
  const { daemon, sources, outputs } = build({ ...CONFIG, interfaces: ['eth0', 'eth1'] });
  await daemon.start();
  expect(daemon.summary()).toBe('counting eth0, eth1');
  sources[1]!.become('waiting', 'interface eth1 is down');
  outputs[0]!.current = { state: 'waiting', reason: 'no route to the broker', where: 'x' };
  daemon.setProblem('the new configuration is refused: f:1:2: host: wrong');
  expect(daemon.summary()).toBe(
    'counting eth0; eth1 waiting: interface eth1 is down; fake waiting: no route to the broker; ' +
      'the new configuration is refused: f:1:2: host: wrong',
  );
  await daemon.stop();
});

test('stops what it had started when one interface can never be counted', async () => {
  const { daemon, sources } = build({ ...CONFIG, interfaces: ['eth0', 'forbidden'] });
  await expect(daemon.start()).rejects.toThrow('CAP_NET_RAW');
  expect(sources.map((source) => source.stopped)).toEqual([true, true]);
});

test('tells when the first interface is counted, and opens the others one after the other', async () => {
  const { daemon, sources, outputs } = build({ ...CONFIG, interfaces: ['eth0', 'slow', 'eth2'] });
  const started = daemon.start();
  await vi.advanceTimersByTimeAsync(500);
  expect(outputs[0]!.descriptions).toHaveLength(1);
  expect(outputs[0]!.published.at(-1)?.map(({ iface }) => iface)).toEqual(['eth0', 'slow', 'eth2']);
  expect(sources.map(({ started }) => started)).toEqual([true, true, false]);
  sources[1]!.open();
  await started;
  expect(sources[2]!.started).toBe(true);
  await daemon.stop();
});

test('opens nothing more once it is stopped', async () => {
  const { daemon, sources } = build({ ...CONFIG, interfaces: ['eth0', 'slow', 'eth2'] });
  const started = daemon.start();
  await vi.advanceTimersByTimeAsync(0);
  await daemon.stop();
  sources[1]!.open();
  await started;
  expect(sources.map(({ started }) => started)).toEqual([true, true, false]);
  expect(vi.getTimerCount()).toBe(0);
});

test('names the remedy when auto finds no interface', async () => {
  await expect(build({ ...CONFIG, interfaces: 'auto' }).daemon.start()).rejects.toThrow('--interface');
});

test('a reload keeps sources, totals and the connection that stay as they were', async () => {
  const { daemon, sources, outputs } = build();
  await daemon.start();
  sources[0]?.totals.add(0, { bytes: 60n, sizes: [1n, 0n], incoming: null });
  await daemon.reload({
    ...CONFIG,
    interfaces: ['eth0', 'eth1'],
    filters: [filter('all', ''), filter('dns', 'port 53')],
  });
  expect(sources.map((source) => source.iface)).toEqual(['eth0', 'eth1']);
  expect(sources[0]?.read().filters).toMatchObject([
    { id: 'all', bytes: 60n },
    { id: 'dns', bytes: 0n },
  ]);
  expect(outputs).toHaveLength(1);
  expect(outputs[0]?.descriptions.at(-1)?.interfaces).toHaveLength(2);
  await daemon.reload({ ...CONFIG, mqtt: { ...CONFIG.mqtt, topic: 'home' } });
  expect(sources[1]?.stopped).toBe(true);
  expect(outputs.map((output) => output.running)).toEqual([false, true]);
  await daemon.stop();
});

test('a reload that is refused changes nothing', async () => {
  const { daemon, sources, outputs } = build({ ...CONFIG, interfaces: ['eth0', 'eth1'] });
  await daemon.start();
  sources[1]!.refuses = true;
  await expect(
    daemon.reload({ ...CONFIG, interfaces: ['eth2', 'eth0', 'eth1'], filters: [] }),
  ).rejects.toThrow('refused');
  expect(sources.map((source) => [source.iface, source.stopped, source.task.filters.length])).toEqual([
    ['eth0', false, 2],
    ['eth1', false, 2],
    ['eth2', true, 0],
  ]);
  await vi.advanceTimersByTimeAsync(500);
  expect(outputs[0]?.published.at(-1)?.map((snapshot) => snapshot.iface)).toEqual(['eth0', 'eth1']);
  await daemon.stop();
});

test('a reload that one output refuses changes nothing: no total, no interface, no other output', async () => {
  const { daemon, sources, outputs } = build();
  await daemon.start();
  sources[0]!.totals.add(1, { bytes: 60n, sizes: [1n, 0n], incoming: null });
  const before = sources[0]!.read();
  const filters = [filter('all', ''), filter('web', 'tcp port 80')];
  await expect(
    daemon.reload({
      ...CONFIG,
      interfaces: ['eth0', 'eth1'],
      filters,
      sizeUpperBounds: [64, 128],
      cap: { bufferBytes: 1 << 20 },
      mqtt: { ...CONFIG.mqtt, topic: 'taken' },
    }),
  ).rejects.toThrow('the port is taken');
  expect(sources.map(({ stopped, prepared }) => [stopped, prepared])).toEqual([
    [false, 0],
    [true, 0],
  ]);
  expect(sources[0]!.read()).toEqual(before);
  // The one of before is made again, because it had to go first.
  expect(outputs.map(({ topic, running }) => [topic, running])).toEqual([
    ['ifcast', false],
    ['taken', false],
    ['ifcast', true],
  ]);
  expect(outputs[2]!.descriptions).toMatchObject([
    { interfaces: [{ name: 'eth0' }], filters: [{ id: 'all' }, { id: 'web', expression: 'tcp port 443' }] },
  ]);
  await vi.advanceTimersByTimeAsync(500);
  expect(outputs[2]!.published.at(-1)).toMatchObject([{ iface: 'eth0', counts: before }]);
  await daemon.stop();
});

test('every output is given the same snapshots, and one interface that cannot be read hides no other', async () => {
  const { daemon, sources, outputs } = build({ ...CONFIG, interfaces: ['eth0', 'eth1'] });
  await daemon.start();
  sources[0]!.read = () => {
    throw new Error('no such map');
  };
  await vi.advanceTimersByTimeAsync(500);
  expect(outputs[0]!.published.at(-1)).toMatchObject([{ iface: 'eth1' }]);
  await daemon.stop();
});
