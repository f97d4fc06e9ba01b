/** The built daemon as a process of its own, in a network namespace or outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { VethEnd } from './netns.ts';

const PROGRAM = fileURLToPath(new URL('../../packages/daemon/bin/ifcastd.js', import.meta.url));

export interface IfcastdOptions {
  /** TOML; written to a file of its own and given with `-c`. */
  readonly config: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs; default: here. */
  readonly end?: VethEnd;
}

export class Ifcastd {
  readonly child: ChildProcess;
  readonly configFile: string;
  readonly #directory: string;
  #log = '';

  constructor(options: IfcastdOptions) {
    this.#directory = mkdtempSync(join(tmpdir(), 'ifcastd-'));
    this.configFile = join(this.#directory, 'ifcast.toml');
    writeFileSync(this.configFile, options.config);
    const args = [PROGRAM, '-c', this.configFile, ...(options.args ?? [])];
    const spawnOptions = {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'] as const,
    };
    this.child = options.end
      ? options.end.spawn(process.execPath, args, { ...spawnOptions, stdio: [...spawnOptions.stdio] })
      : spawn(process.execPath, args, { ...spawnOptions, stdio: [...spawnOptions.stdio] });
    const collect = (chunk: Buffer): void => {
      this.#log += chunk.toString();
    };
    this.child.stdout?.on('data', collect);
    this.child.stderr?.on('data', collect);
  }

  /** Everything it has said. */
  get log(): string {
    return this.#log;
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('ifcastd did not start');
    return pid;
  }

  /** Sends a signal and waits for the end. */
  async end(
    signal: NodeJS.Signals = 'SIGTERM',
  ): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill(signal);
      await exited;
    }
    return { code: this.child.exitCode, signal: this.child.signalCode };
  }

  /** Ends it, whatever its state, and removes its files. */
  async close(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
