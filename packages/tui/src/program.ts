import type { DashboardEvent } from './events.ts';
import { runLines } from './lines.ts';
import type { Options } from './options.ts';
import { brokerSource } from './source.ts';
import { EXIT } from './tui-error.ts';

/**
 * Does what the options ask for.
 *
 * @param signal - aborted when the program is told to end
 * @returns the exit code
 */
export async function run(options: Options, signal: AbortSignal): Promise<number> {
  if (options.output !== 'screen') {
    return runLines(options, {
      write: (text) => process.stdout.write(text),
      writeError: (text) => process.stderr.write(text),
      source: (push) => brokerSource(options, push),
      signal,
    });
  }
  // The connection is made while Ink is being loaded, which takes longer.
  const early: DashboardEvent[] = [];
  let push = (event: DashboardEvent): void => {
    early.push(event);
  };
  const source = brokerSource(options, (event) => push(event));
  source.start();
  try {
    const { runScreen } = await import('./screen.tsx');
    await runScreen(options, {
      stdin: process.stdin,
      stdout: process.stdout,
      source,
      listen: (listener) => {
        for (const event of early) listener(event);
        push = listener;
      },
      signal,
    });
  } finally {
    source.stop();
  }
  return EXIT.ok;
}
