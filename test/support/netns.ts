/**
 * Two network namespaces joined by a veth pair: real interfaces and real packets that touch nothing else on the machine.
 * Needs root. Whatever a test does, its namespaces and the processes it started in them end with it.
 */
import { type ChildProcess, execFile, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { promisify } from 'node:util';

import koffi from 'koffi';

const execFilePromise = promisify(execFile);

/** Where ip-netns(8) keeps the names. */
const NETNS_DIRECTORY = '/run/netns';
const CLONE_NEWNET = 0x40000000;

let pairs = 0;
const open = new Set<VethPair>();
process.on('exit', () => {
  for (const pair of open) pair.closeSync();
});

/** What the pair is made with. */
export interface VethPairOptions {
  /** Gives 10.77.0.1/24 to `a` and 10.77.0.2/24 to `b`, with fixed neighbours: no ARP is sent. Default `false`. */
  readonly ipv4?: boolean;
  /** The same with fd77::1/64 and fd77::2/64. Default `false`: IPv6 is off and the link is silent. */
  readonly ipv6?: boolean;
  /** TSO, GSO, GRO, and checksums left to the hardware. Default `false`: every packet is as it is on a wire. */
  readonly offloads?: boolean;
  /** Bytes, default 1500. */
  readonly mtu?: number;
}

/** One end of the pair. */
export class VethEnd {
  /** Name of the network namespace, as `ip netns` takes it. */
  readonly namespace: string;
  /** `aa:bb:cc:dd:ee:ff`, the same after every {@link VethPair.create}. */
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** Name of the interface in the namespace; {@link rename} changes it. */
  iface: string;
  readonly #children = new Set<ChildProcess>();

  constructor(namespace: string, side: 'a' | 'b') {
    const number = side === 'a' ? 1 : 2;
    this.namespace = namespace;
    this.iface = `veth-${side}`;
    this.mac = `02:00:00:00:77:0${number}`;
    this.ipv4 = `10.77.0.${number}`;
    this.ipv6 = `fd77::${number}`;
  }

  /**
   * Runs a command in the namespace to its end.
   *
   * @returns its standard output
   * @throws Error with its standard error when it fails
   */
  async exec(command: string, ...args: readonly string[]): Promise<string> {
    return run('ip', 'netns', 'exec', this.namespace, command, ...args);
  }

  /** Starts a command in the namespace; it is killed when the pair closes. */
  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    // ip-netns(8) replaces itself with the command: the process id is the command's own.
    const child = spawn('ip', ['netns', 'exec', this.namespace, command, ...args], options);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    child.once('error', () => this.#children.delete(child));
    return child;
  }

  /** Sets the interface up and waits until it carries packets. */
  async up(): Promise<void> {
    await this.link('set', this.iface, 'up');
  }

  async down(): Promise<void> {
    await this.link('set', this.iface, 'down');
  }

  /** Gives the interface another name, which needs it down for a moment on kernels before 6.2. */
  async rename(name: string): Promise<void> {
    await this.link('set', this.iface, 'down');
    await this.link('set', this.iface, 'name', name);
    this.iface = name;
    await this.link('set', this.iface, 'up');
  }

  /** Switches TSO, GSO, GRO and the checksum offloads; without them every packet is as it is on a wire. */
  async offloads(on: boolean): Promise<void> {
    const state = on ? 'on' : 'off';
    const features = ['tx', 'rx', 'sg', 'tso', 'gso', 'gro', 'tx-udp-segmentation'];
    const settings = features.flatMap((feature) => [feature, state]);
    await this.exec('ethtool', '-K', this.iface, ...settings);
  }

  /** Runs `ip link …` in the namespace. */
  async link(...args: readonly string[]): Promise<string> {
    return run('ip', '-n', this.namespace, 'link', ...args);
  }

  /**
   * Moves this thread into the namespace, so that code under test opens its sockets and looks for its interfaces there.
   *
   * @returns the way back
   */
  enter(): () => void {
    const before = openSync('/proc/thread-self/ns/net', 'r');
    setNamespace(`${NETNS_DIRECTORY}/${this.namespace}`);
    return () => {
      callSetns(before);
      closeSync(before);
    };
  }

  /** Kills what {@link spawn} started and waits for its end. */
  async killAll(): Promise<void> {
    await Promise.all(
      [...this.#children].map(async (child) => {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }),
    );
  }

  killAllSync(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}

/** Two namespaces and the pair between them. */
export class VethPair {
  readonly a: VethEnd;
  readonly b: VethEnd;
  readonly #options: VethPairOptions;

  constructor(options: VethPairOptions) {
    const prefix = `ifcast-${process.pid}-${pairs++}`;
    this.a = new VethEnd(`${prefix}-a`, 'a');
    this.b = new VethEnd(`${prefix}-b`, 'b');
    this.#options = options;
  }

  /** Makes the namespaces and the interfaces, up. */
  async open(): Promise<void> {
    open.add(this);
    for (const end of this.#ends()) {
      await run('ip', 'netns', 'add', end.namespace);
      await end.link('set', 'lo', 'up');
      const ipv6 = this.#options.ipv6 ? 0 : 1;
      await end.exec(
        'sysctl',
        '--quiet',
        '--write',
        `net.ipv6.conf.all.disable_ipv6=${ipv6}`,
        `net.ipv6.conf.default.disable_ipv6=${ipv6}`,
        'net.ipv6.conf.default.accept_dad=0',
        'net.ipv6.conf.default.router_solicitations=0',
        'net.ipv6.conf.default.autoconf=0',
      );
    }
    await this.create();
  }

  /** Makes the interfaces again after {@link delete}: new interface indexes, the same names and addresses. */
  async create(): Promise<void> {
    const { a, b } = this;
    const mtu = String(this.#options.mtu ?? 1500);
    await a.link(
      ...['add', a.iface, 'address', a.mac, 'mtu', mtu, 'type', 'veth'],
      ...['peer', 'name', b.iface, 'address', b.mac, 'mtu', mtu, 'netns', b.namespace],
    );
    for (const [end, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!this.#options.offloads) await end.offloads(false);
      await end.up();
      if (this.#options.ipv4) {
        await run('ip', '-n', end.namespace, 'address', 'add', `${end.ipv4}/24`, 'dev', end.iface);
        await neighbour(end, other.ipv4, other.mac);
      }
      if (this.#options.ipv6) {
        await run('ip', '-n', end.namespace, 'address', 'add', `${end.ipv6}/64`, 'dev', end.iface, 'nodad');
        await neighbour(end, other.ipv6, other.mac);
      }
    }
  }

  /** Deletes both interfaces; the namespaces stay. */
  async delete(): Promise<void> {
    await this.a.link('delete', this.a.iface);
  }

  /** Ends every process that was started in the namespaces, then the namespaces. */
  async close(): Promise<void> {
    if (!open.delete(this)) return;
    for (const end of this.#ends()) {
      await end.killAll();
      await run('ip', 'netns', 'delete', end.namespace).catch(() => undefined);
    }
  }

  /** The same without waiting, for when the process ends early. */
  closeSync(): void {
    open.delete(this);
    for (const end of this.#ends()) {
      end.killAllSync();
      try {
        execFileSync('ip', ['netns', 'delete', end.namespace], { stdio: 'ignore' });
      } catch {
        // It was never made.
      }
    }
  }

  #ends(): readonly VethEnd[] {
    return [this.a, this.b];
  }
}

/** Makes a pair; its owner closes it, and the end of the process does. */
export async function createVethPair(options: VethPairOptions = {}): Promise<VethPair> {
  deleteLeftovers();
  const pair = new VethPair(options);
  try {
    await pair.open();
  } catch (error) {
    await pair.close();
    throw error;
  }
  return pair;
}

/** Runs `body` with a pair that is gone afterwards, whatever happens. */
export async function withVethPair<T>(
  options: VethPairOptions,
  body: (pair: VethPair) => Promise<T>,
): Promise<T> {
  const pair = await createVethPair(options);
  try {
    return await body(pair);
  } finally {
    await pair.close();
  }
}

/** A test process that was killed could not delete its namespaces: the next one does. */
function deleteLeftovers(): void {
  let names: string[];
  try {
    names = readdirSync(NETNS_DIRECTORY);
  } catch {
    return;
  }
  for (const name of names) {
    const pid = /^ifcast-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    try {
      execFileSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
    } catch {
      // Another test process was quicker.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function neighbour(end: VethEnd, address: string, mac: string): Promise<void> {
  await run('ip', '-n', end.namespace, 'neighbour', 'replace', address, 'lladdr', mac, 'dev', end.iface);
}

async function run(command: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execFilePromise(command, args, { maxBuffer: 1 << 28 });
  return stdout;
}

function setNamespace(path: string): void {
  const fd = openSync(path, 'r');
  try {
    callSetns(fd);
  } finally {
    closeSync(fd);
  }
}

let setns: ((fd: number, type: number) => number) | undefined;

function callSetns(fd: number): void {
  setns ??= koffi.load('libc.so.6').func('int setns(int fd, int type)') as (
    fd: number,
    type: number,
  ) => number;
  if (setns(fd, CLONE_NEWNET) !== 0) throw new Error(`setns: errno ${koffi.errno()}`);
}
