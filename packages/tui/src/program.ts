import { openSync } from 'node:fs';
import { basename } from 'node:path';
import { ReadStream } from 'node:tty';
import { EXIT, TuiError } from './base/tui-error.ts';
import type { Options } from './command-line/options.ts';
import { sanitizeText } from './connection/sanitize.ts';
import { brokerSource } from './connection/source.ts';
import { LineOutput } from './lines/line-output.ts';
import { runLines } from './lines/lines.ts';
import { Recorder } from './recording/recorder.ts';
import { ReplaySource } from './recording/replay-source.ts';
import { SeenHosts } from './remembered/seen-hosts.ts';
import type { EventSource } from './store/event-source.ts';
import type { DashboardEvent } from './store/events.ts';
import { Feed } from './store/feed.ts';
import { selected } from './store/selection.ts';
import { EMPTY_STATE, type State } from './store/state.ts';
import { openTerminal } from './terminal/open-terminal.ts';

/** From the end of the screen to that of the program, whatever holds it. */
const LEAVE_MS = 2_000;

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
      : new Recorder(options.record.file, options.record.overwrite, (text) =>
          feed.push({ at: Date.now(), type: 'problem', text, ends: 'recording' }),
        );
  recorder?.start();
  const seenHosts =
    options.stateDirectory === null || options.replay !== null ? null : new SeenHosts(options.stateDirectory);
  const push = (whole: DashboardEvent): void => {
    seenHosts?.see(whole);
    const event = selected(whole, options);
    if (event === null) return;
    recorder?.write(event);
    feed.push(event);
  };
  const { replay } = options;
  const source: EventSource =
    replay === null
      ? brokerSource(options, push)
      : new ReplaySource(replay.file, replay.speed, {
          push,
          end: () => feed.end(),
          rewind: () => feed.rewind(),
        });
  let code: number;
  try {
    // The connection is made while the rest, Ink above all, is being loaded.
    await Promise.race([source.start(), aborted(signal)]);
    code = await show(options, source, feed, signal);
  } finally {
    source.stop();
    seenHosts?.save();
    await recorder?.close();
  }
  if (recorder?.failure != null) throw new TuiError('ioError', recorder.failure);
  return code;
}

async function show(options: Options, source: EventSource, feed: Feed, signal: AbortSignal): Promise<number> {
  const state = initialState(options);
  if (options.output !== 'screen') {
    const [output, errors] = [lineOutput(process.stdout), lineOutput(process.stderr)];
    return runLines(options, state, {
      write: (text) => output.write(text),
      unwrittenBytes: () => output.unwrittenBytes,
      writeError: (text) => errors.write(text),
      source,
      feed,
      signal,
    });
  }
  const { runScreen } = await import('./screens/run-screen.tsx');
  const stdin = keyboard(options);
  await runScreen(options, state, { stdin, stdout: process.stdout, source, feed, signal });
  stdin.destroy();
  // Who has left the screen waits for nothing that may still hang, such as a terminal that slept.
  setTimeout(() => process.exit(), LEAVE_MS).unref();
  return EXIT.ok;
}

/** Node writes to a pipe without waiting for its reader; to a terminal it does not. */
function lineOutput(
  stream: NodeJS.WriteStream & { readonly fd: number },
): Pick<LineOutput, 'write' | 'unwrittenBytes'> {
  if (stream.isTTY) return new LineOutput(openTerminal(stream));
  return {
    write: (text) => void stream.write(text),
    get unwrittenBytes() {
      return stream.writableLength;
    },
  };
}

/** Where keys come from; a recording that comes from standard input leaves the terminal itself. */
function keyboard({ replay }: Options): NodeJS.ReadStream {
  if (replay?.file !== '-') return process.stdin;
  try {
    return new ReadStream(openSync('/dev/tty', 'r'));
  } catch (cause) {
    throw new TuiError('usage', '--replay - needs a terminal for its keys: add --plain or --json', { cause });
  }
}

function initialState({ alarms, record, replay }: Options): State {
  return {
    ...EMPTY_STATE,
    replay: replay && { name: nameOf(replay.file), ended: false },
    recording: record && { name: nameOf(record.file), ended: false },
    alarms: { ...EMPTY_STATE.alarms, rules: alarms },
  };
}

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : sanitizeText(basename(file));
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
