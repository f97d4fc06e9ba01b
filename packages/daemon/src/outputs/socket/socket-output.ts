import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';

import { INTERFACE_PLACEHOLDER, type SocketConfig } from '../../config/socket-settings.ts';
import { type InterfaceSnapshot, packetsOf } from '../../report/counts.ts';
import type { Description, OutputStatus } from '../../report/description.ts';
import type { Output, OutputContext, OutputKind } from '../output.ts';
import { CounterSocket } from './counter-socket.ts';

/** How often it is looked whether the paths still lead to the sockets. */
const LOOK_INTERVAL_MS = 2_000;

/** A unix socket for each interface, which answers as bpfcountd's does: a line `id:bytes:packets` for each filter. */
export class SocketOutput implements Output {
  readonly #settings: SocketConfig;
  readonly #context: OutputContext;
  /** By interface. */
  readonly #sockets = new Map<string, CounterSocket>();
  readonly #newest = new Map<string, InterfaceSnapshot>();
  readonly #problems = new Map<string, string>();
  #nextLookMs = 0;
  #looking = false;
  #stopped = false;

  constructor(settings: SocketConfig, context: OutputContext) {
    this.#settings = settings;
    this.#context = context;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  describe({ interfaces }: Description): void {
    const names = new Set(interfaces.map(({ name }) => name));
    for (const [name, socket] of this.#sockets) {
      if (names.has(name)) continue;
      socket.close();
      this.#sockets.delete(name);
      this.#newest.delete(name);
      this.#problems.delete(name);
    }
    for (const name of names) {
      if (!this.#sockets.has(name)) this.#sockets.set(name, this.#socketOf(name));
    }
    this.#nextLookMs = 0;
  }

  publish(snapshots: readonly InterfaceSnapshot[]): void {
    for (const snapshot of snapshots) this.#newest.set(snapshot.iface, snapshot);
    if (performance.now() >= this.#nextLookMs && !this.#looking) void this.#look();
  }

  health(): void {}

  status(): OutputStatus {
    const [problem] = this.#problems.values();
    return {
      state: problem === undefined ? 'running' : 'failed',
      reason: problem ?? null,
      where: this.#settings.path,
    };
  }

  #socketOf(iface: string): CounterSocket {
    const { path, gid } = this.#settings;
    return new CounterSocket(
      path.replaceAll(INTERFACE_PLACEHOLDER, iface),
      { mode: this.#settings.mode, gid },
      () => counterLines(this.#newest.get(iface)),
    );
  }

  /** Opens what is not open, and what somebody has taken away. */
  async #look(): Promise<void> {
    this.#looking = true;
    for (const [iface, socket] of this.#sockets) {
      if (socket.reachable) continue;
      socket.close();
      let problem: string | null = null;
      try {
        await socket.open();
      } catch (error) {
        problem = `${socket.path}: ${(error as Error).message}`;
      }
      // Stopped, or without this interface, while it was opened.
      if (this.#stopped || this.#sockets.get(iface) !== socket) socket.close();
      else this.#tellOf(iface, problem);
    }
    this.#nextLookMs = performance.now() + LOOK_INTERVAL_MS;
    this.#looking = false;
  }

  #tellOf(iface: string, problem: string | null): void {
    if ((this.#problems.get(iface) ?? null) === problem) return;
    if (problem === null) {
      this.#problems.delete(iface);
      this.#context.log.info(`socket: ${iface}: it listens again`);
    } else {
      this.#problems.set(iface, problem);
      this.#context.log.error(`socket: ${problem}`);
    }
    this.#context.onStatus();
  }
}

/** A line `id:bytes:packets` for each filter, in the order of the configuration. */
export function counterLines(snapshot: InterfaceSnapshot | undefined): string {
  const filters = snapshot?.counts.filters ?? [];
  return filters.map((totals) => `${totals.id}:${totals.bytes}:${packetsOf(totals)}\n`).join('');
}

/** The directory, or the one that it would be made in. */
async function examine({ path }: SocketConfig): Promise<string | null> {
  let directory = dirname(path);
  while (!existsSync(directory) && directory !== dirname(directory)) directory = dirname(directory);
  try {
    accessSync(directory, constants.W_OK);
    return null;
  } catch (error) {
    return `no socket can be made at ${path}: ${(error as Error).message}`;
  }
}

/** The counts on unix sockets. */
export const SOCKET_OUTPUT: OutputKind<SocketConfig> = {
  name: 'socket',
  settings: ({ socket }) => socket,
  examine,
  create: (settings, context) => new SocketOutput(settings, context),
};
