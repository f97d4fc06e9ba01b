import { basename } from 'node:path';
import type { Options } from './command-line/options.ts';
import { sanitizeText } from './connection/sanitize.ts';
import { brokerSource, type EventSource } from './connection/source.ts';
import { runLines } from './lines/lines.ts';
import { Recorder } from './recording/recorder.ts';
import { ReplaySource } from './recording/replay-source.ts';
import type { DashboardEvent } from './store/events.ts';
import { Feed } from './store/feed.ts';
import { EMPTY_STATE, type State } from './store/state.ts';
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
  const { runScreen } = await import('./screens/screen.tsx');
  await runScreen(options, state, { stdin: process.stdin, stdout: process.stdout, source, feed, signal });
  return EXIT.ok;
}

function initialState({ replay }: Options): State {
  if (replay === null) return EMPTY_STATE;
  return { ...EMPTY_STATE, replay: { name: sanitizeText(basename(replay.file)), ended: false } };
}
