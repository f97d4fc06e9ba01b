/** The built dashboard: in a terminal, or with its output in a pipe. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { Terminal, type TerminalOptions } from './terminal.ts';

/** `packages/tui/bin/ifcast.js` */
export const IFCAST: string = fileURLToPath(new URL('../../packages/tui/bin/ifcast.js', import.meta.url));

/** The configuration, the state and the locale of whoever runs the tests are none of theirs. */
export const WITHOUT_CONFIG = {
  XDG_CONFIG_HOME: '/nonexistent',
  XDG_STATE_HOME: '/dev/null',
  LC_ALL: 'C.UTF-8',
};

/** Starts the dashboard in a terminal. */
export function ifcastScreen(args: readonly string[], options: TerminalOptions): Terminal {
  const env = { ...WITHOUT_CONFIG, ...options.env };
  return new Terminal(process.execPath, [IFCAST, ...args], { ...options, env });
}

/** What a run without a terminal came to. */
export interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the dashboard to its end with its output in pipes. */
export async function runIfcast(
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string | undefined>>; readonly input?: string } = {},
): Promise<Run> {
  const child = spawn(process.execPath, [IFCAST, ...args], {
    env: { ...process.env, ...WITHOUT_CONFIG, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  child.stdin.end(options.input ?? '');
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}
