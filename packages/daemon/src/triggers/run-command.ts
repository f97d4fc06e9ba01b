import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

import type { CommandEnd } from './command-messages.ts';

/** From SIGTERM to SIGKILL. */
const GRACE_MS = 2_000;
/** So much of what a command says goes to the log; the rest is read and thrown away. */
const MAX_OUTPUT_BYTES = 4096;
const MAX_OUTPUT_LINES = 100;

/** What is run, and for how long. */
export interface Command {
  /** A path and its arguments. No shell looks at them. */
  readonly argv: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Takes each line that the command writes, without its end. */
  readonly onLine: (line: string) => void;
}

/** A command that runs. */
export interface RunningCommand {
  /** Resolves when it has ended; never rejects. What it started itself and left behind is not waited for. */
  readonly ended: Promise<CommandEnd>;
  /** Ends its whole process group: SIGTERM, then SIGKILL. */
  stop(): void;
}

/** Runs a command in a process group of its own, with nothing on its standard input. */
export function runCommand({ argv, env, timeoutMs, onLine }: Command): RunningCommand {
  const child = spawn(argv[0]!, argv.slice(1), {
    cwd: '/',
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let timedOut = false;
  let killing: NodeJS.Timeout | undefined;
  const stop = (): void => {
    signalGroup(child, 'SIGTERM');
    killing ??= setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS);
  };
  const timeout = setTimeout(() => {
    timedOut = true;
    stop();
  }, timeoutMs);
  const output = new BoundedOutput(onLine);
  output.take(child.stdout);
  output.take(child.stderr);
  const ended = new Promise<CommandEnd>((resolve) => {
    const settle = (end: CommandEnd): void => {
      clearTimeout(timeout);
      clearTimeout(killing);
      // What it left behind may hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
      output.end();
      resolve(end);
    };
    child.once('error', (error) => settle({ exit: null, fault: `cannot be run: ${error.message}` }));
    child.once('exit', (exit, signal) => {
      // What is left of the group may have ignored SIGTERM.
      if (killing !== undefined) signalGroup(child, 'SIGKILL');
      if (timedOut) settle({ exit: null, fault: `was ended after ${timeoutMs / 1000} s` });
      else if (signal !== null) settle({ exit: null, fault: `was ended by ${signal}` });
      else settle({ exit, fault: exit === 0 ? null : `ended with ${exit}` });
    });
  });
  return { ended, stop };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is empty.
  }
}

/** The first lines of what a command writes, on either stream. */
class BoundedOutput {
  readonly #onLine: (line: string) => void;
  #left = MAX_OUTPUT_BYTES;
  #linesLeft = MAX_OUTPUT_LINES;
  #thrownAway = 0;
  #begun = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  take(stream: Readable): void {
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => {
      const kept = chunk.subarray(0, this.#left);
      this.#left -= kept.length;
      this.#thrownAway += chunk.length - kept.length;
      const lines = `${this.#begun}${kept}`.split('\n');
      this.#begun = lines.pop()!;
      for (const line of lines) this.#tell(line);
    });
  }

  end(): void {
    if (this.#begun !== '') this.#tell(this.#begun);
    if (this.#thrownAway > 0) this.#onLine(`and ${this.#thrownAway} more bytes`);
  }

  #tell(line: string): void {
    if (this.#linesLeft > 0) this.#onLine(line);
    else this.#thrownAway += Buffer.byteLength(line) + 1;
    this.#linesLeft--;
  }
}
