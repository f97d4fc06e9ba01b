import { basename } from 'node:path';

import type { DashboardEvent } from './events.ts';
import { Feed } from './feed.ts';
import { runLines } from './lines.ts';
import type { Options } from './options.ts';
import { Recorder } from './recorder.ts';
import { ReplaySource } from './replay-source.ts';
import { sanitizeText } from './sanitize.ts';
import { brokerSource, type EventSource } from './source.ts';
import { EMPTY_STATE, type State } from './state.ts';
import { EXIT } from './tui-error.ts';

/**
 * Does what the options ask for.
 *
 * @param signal - aborted when the program is told to end
 * @returns the exit code
 * @throws `TuiError`
 */
export async function run(options: Options, signal: AbortSignal): Promise<number> {
  const feed = new Feed();
  const recorder =
    options.record === null
      ? null
      : new Recorder(options.record, (text) => feed.push({ at: Date.now(), type: 'problem', text }));
  const push = (event: DashboardEvent): void => {
    recorder?.write(event);
    feed.push(event);
  };
  const source: EventSource =
    options.replay === null
      ? brokerSource(options, push)
      : new ReplaySource(options.replay.file, options.replay.speed, push, () => feed.end());
  // The connection is made while the rest, Ink above all, is being loaded.
  source.start();
  try {
    return await show(options, source, feed, signal);
  } finally {
    source.stop();
    await recorder?.close();
  }
}

async function show(options: Options, source: EventSource, feed: Feed, signal: AbortSignal): Promise<number> {
  const state = initialState(options);
  if (options.output !== 'screen') {
    return runLines(options, state, {
      write: (text) => process.stdout.write(text),
      unwrittenBytes: () => process.stdout.writableLength,
      writeError: (text) => process.stderr.write(text),
      source,
      feed,
      signal,
    });
  }
  const { runScreen } = await import('./screen.tsx');
  await runScreen(options, state, { stdin: process.stdin, stdout: process.stdout, source, feed, signal });
  return EXIT.ok;
}

function initialState({ replay }: Options): State {
  if (replay === null) return EMPTY_STATE;
  return { ...EMPTY_STATE, replay: { name: sanitizeText(basename(replay.file)), ended: false } };
}
