import { DaemonError, EXIT, exitCodeOf, isForUsers } from './base/daemon-error.ts';
import { tellable } from './base/log.ts';
import { VERSION } from './base/version.ts';
import { type Invocation, parseArguments } from './cli.ts';
import type { CommandOutput } from './commands/count.ts';
import { runInit } from './commands/init.ts';
import { FiltersRefused } from './compile/filter-compiler.ts';
import { locatingRefusals } from './config/check-expressions.ts';
import { ConfigError, formatFault } from './config/config-error.ts';
import { loadGiven, sampleConfig } from './config/load-config.ts';
import type { SignalSource } from './daemon/supervise.ts';

/** Faults beyond these are only counted: nobody reads on. */
const SHOWN_FAULTS = 50;

/** The process that the program runs in. */
export interface Process {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signals: SignalSource;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => unknown;
  /** From now on `stderr` is this. */
  readonly replaceStderr: (write: (text: string) => unknown) => void;
  /** Standard error is journald's. */
  readonly journal: boolean;
}

/**
 * Does what the arguments ask for. What is loaded is what is needed: `--help` does not wait for the broker's client.
 *
 * @returns the exit code
 */
export async function runProgram(argv: readonly string[], surroundings: Process): Promise<number> {
  let invocation: Invocation | null = null;
  try {
    invocation = parseArguments(argv, VERSION, surroundings.stdout);
    return invocation === null ? EXIT.ok : await dispatch(invocation, surroundings);
  } catch (error) {
    for (const line of describeError(error, invocation?.debug ?? argv.includes('--debug'))) {
      surroundings.stderr(`${surroundings.journal ? '<3>' : ''}${line}\n`);
    }
    return exitCodeOf(error);
  }
}

async function dispatch(invocation: Invocation, surroundings: Process): Promise<number> {
  const output = {
    out: (line: string) => surroundings.stdout(`${line}\n`),
    err: (line: string) => surroundings.stderr(`${line}\n`),
  };
  switch (invocation.command) {
    case 'run': {
      const { run } = await import('./commands/run.ts');
      await run(invocation, surroundings);
      return EXIT.ok;
    }
    case 'check': {
      const { runCheck } = await import('./commands/check.ts');
      await runCheck(invocation.configFile, output);
      return EXIT.ok;
    }
    case 'init':
      runInit(output);
      return EXIT.ok;
    case 'import': {
      const { runImport } = await import('./commands/import.ts');
      runImport(invocation.file, output);
      return EXIT.ok;
    }
    case 'count':
      return count(invocation, output);
    case 'doctor': {
      const { runDoctor } = await import('./commands/doctor.ts');
      const { config } = loadGiven(invocation.configFile, {
        overrides: invocation.overrides,
        env: surroundings.env,
      });
      return runDoctor(config, output);
    }
    case 'cleanup': {
      const { runCleanup } = await import('./commands/cleanup.ts');
      const { configFile, overrides, force } = invocation;
      const { config } = loadGiven(configFile, { overrides, env: surroundings.env });
      await runCleanup({ config, force }, output);
      return EXIT.ok;
    }
  }
}

/** Filters of the command line stand for themselves; a configuration that is not named has no say then. */
async function count(
  { configFile, files, filters: given, json }: Extract<Invocation, { command: 'count' }>,
  output: CommandOutput,
): Promise<number> {
  const { runCount } = await import('./commands/count.ts');
  const loaded = given.length > 0 && configFile === null ? sampleConfig() : loadGiven(configFile);
  const { filters: configured, sizeUpperBounds } = loaded.config;
  const filters = given.length > 0 ? given : configured.filter(({ enabled }) => enabled);
  const counted = runCount({ files, filters, sizeUpperBounds, json }, output);
  try {
    return (await (given.length > 0 ? counted : locatingRefusals(loaded, counted)))
      ? EXIT.ok
      : EXIT.unavailable;
  } catch (cause) {
    if (cause instanceof FiltersRefused)
      throw new DaemonError('usage', `--match: ${cause.message}`, { cause });
    throw cause;
  }
}

/** An error as the lines that a user is shown. */
export function describeError(error: unknown, debug: boolean): string[] {
  if (error instanceof ConfigError) {
    const lines = error.faults.slice(0, SHOWN_FAULTS).map(formatFault);
    const rest = error.faults.length - lines.length;
    return rest === 0 ? lines : [...lines, `ifcastd: and ${rest} more faults`];
  }
  if (isForUsers(error)) return [`ifcastd: ${tellable(error.message)}`, ...(debug ? stackLines(error) : [])];
  const message = error instanceof Error ? error.message : String(error);
  const hint = debug ? '' : ' (--debug tells where)';
  return [`ifcastd: bug: ${tellable(message)}${hint}`, ...(debug ? stackLines(error) : [])];
}

function stackLines(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const cause =
    error instanceof Error && error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : '';
  return `${stack}${cause}`.split('\n').map(tellable);
}
