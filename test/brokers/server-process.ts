/** A server of the optional suite: started in a directory of its own, gone with the test whatever happens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const running = new Set<ServerProcess>();
process.on('exit', () => {
  for (const server of running) server.closeSync();
});

export class ServerProcess {
  readonly directory: string;
  #child: ChildProcess | null = null;
  #log = '';

  constructor(name: string) {
    this.directory = mkdtempSync(join(tmpdir(), `ifcast-${name}-`));
    running.add(this);
  }

  /** Starts the program in its own process group and waits until the port accepts. */
  async start(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    port: number,
  ): Promise<void> {
    const child = spawn(program, args, {
      cwd: this.directory,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString();
      });
    }
    const deadline = Date.now() + 60_000;
    while (!(await accepts(port))) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`${program} did not start:\n${this.#log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends the whole process group at once. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    this.#signal();
    await exited;
  }

  async close(): Promise<void> {
    await this.kill();
    this.closeSync();
  }

  closeSync(): void {
    this.#signal();
    running.delete(this);
    rmSync(this.directory, { recursive: true, force: true });
  }

  #signal(): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // The group has ended.
    }
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
