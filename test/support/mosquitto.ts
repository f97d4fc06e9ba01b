/** A real mosquitto on a free port of loopback. Whatever a test does, the broker ends with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from './free-port.ts';

const START_DEADLINE_MS = 10_000;
const STOP_DEADLINE_MS = 5_000;

const running = new Set<Mosquitto>();
process.on('exit', () => {
  for (const broker of running) broker.closeSync();
});

export interface MosquittoOptions {
  /**
   * Lines of mosquitto.conf(5). They follow the `listener` line, so `cafile`, `protocol websockets` and the like hold
   * for it; `allow_anonymous true` is there unless a line says otherwise.
   */
  readonly config?: readonly string[];
  /** Default: a free one. */
  readonly port?: number;
}

/** One broker; it keeps its port and its configuration from start to start. */
export class Mosquitto {
  readonly port: number;
  /** For the test's own files (certificates, passwords); also holds the configuration. Removed by {@link close}. */
  readonly directory: string;
  #child: ChildProcess | null = null;
  #log = '';

  /** Starts a broker and waits until it accepts connections. */
  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const broker = new Mosquitto(
      options.port ?? (await freePort()),
      mkdtempSync(join(tmpdir(), 'ifcast-mosquitto-')),
    );
    broker.configure(options.config ?? []);
    try {
      await broker.start();
    } catch (error) {
      broker.closeSync();
      throw error;
    }
    return broker;
  }

  private constructor(port: number, directory: string) {
    this.port = port;
    this.directory = directory;
  }

  /** `mqtt://127.0.0.1:<port>` */
  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Everything the broker has said, over all its starts. */
  get log(): string {
    return this.#log;
  }

  /** Writes other configuration lines for the next {@link start}. */
  configure(config: readonly string[]): void {
    const anonymous = config.some((line) => line.startsWith('allow_anonymous'));
    const lines = [
      // Started by root, mosquitto would become a user that cannot read this directory.
      ...(process.getuid?.() === 0 ? ['user root'] : []),
      // Not stdout: into a pipe that is written late.
      'log_dest stderr',
      'log_type all',
      // Without a queue in between, a broker under test shows its own timing.
      'set_tcp_nodelay true',
      `listener ${this.port} 127.0.0.1`,
      ...(anonymous ? [] : ['allow_anonymous true']),
      ...config,
    ];
    writeFileSync(this.#configuration, `${lines.join('\n')}\n`);
  }

  /** Starts the broker again after {@link stop} or {@link kill}. */
  async start(): Promise<void> {
    if (this.#child !== null) throw new Error('mosquitto is running already');
    // It ends with this process even where that is killed: setpriv(1) becomes the broker.
    const command = ['--pdeathsig', 'KILL', 'mosquitto', '-c', this.#configuration];
    const child = spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    running.add(this);
    const collect = (chunk: Buffer): void => {
      this.#log += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    let failure: Error | null = null;
    child.once('error', (error) => {
      failure = error;
    });
    child.once('exit', (code, signal) => {
      failure ??= new Error(`mosquitto ended with ${signal ?? code}:\n${this.#log}`);
      if (this.#child === child) this.#child = null;
    });
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!(await accepts(this.port))) {
      if (failure !== null) throw failure;
      if (Date.now() > deadline)
        throw new Error(`mosquitto does not accept on port ${this.port}:\n${this.#log}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Ends the broker as systemd would: clients are told, persistent data are written. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Ends the broker at once; it tells nobody and saves nothing. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Stops the broker's process: its connections stay open and are silent. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Ends the broker and removes its directory. */
  async close(): Promise<void> {
    await this.kill();
    this.closeSync();
  }

  /** {@link close} without waiting, for the end of the process. */
  closeSync(): void {
    this.#child?.kill('SIGKILL');
    running.delete(this);
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    // A paused process takes SIGTERM only when it goes on.
    child.kill('SIGCONT');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await exited;
    clearTimeout(timer);
    this.#child = null;
  }

  get #configuration(): string {
    return join(this.directory, 'mosquitto.conf');
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
