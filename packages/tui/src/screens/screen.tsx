import { render } from 'ink';
import type { Options } from '../command-line/options.ts';
import { deferred } from '../deferred.ts';
import { INITIAL_VIEW } from '../input/view.ts';
import type { EventSource } from '../store/event-source.ts';
import type { Feed } from '../store/feed.ts';
import type { State } from '../store/state.ts';
import { localTime } from '../text/format.ts';
import { ASCII_GLYPHS, UNICODE_GLYPHS } from '../text/glyphs.ts';
import { COLOURS, NO_COLOURS } from '../theme/palette.ts';
import { App } from './components/app.tsx';
import { SilentStdout } from './components/silent-stdout.ts';
import { Dashboard } from './dashboard.ts';
import { Painter, sizeOf } from './painter.ts';

/** What the screen needs of the process. */
export interface ScreenPorts {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly source: EventSource;
  readonly feed: Feed;
  /** Aborted when the program is told to end. */
  readonly signal: AbortSignal;
}

/**
 * Shows the dashboard until the reader quits or the signal comes, and gives the terminal back as it was, whatever
 * happens.
 */
export async function runScreen(options: Options, state: State, ports: ScreenPorts): Promise<void> {
  const { stdin, stdout, source } = ports;
  const { promise, resolve, reject } = deferred<boolean>();
  const settings = {
    topic: `${[options.topic, options.onlyHost, options.onlyInterface].filter((level) => level !== '+').join('/')}/`,
    glyphs: options.ascii ? ASCII_GLYPHS : UNICODE_GLYPHS,
    ascii: options.ascii,
    timeOfDay: localTime,
  };
  const dashboard = new Dashboard(
    settings,
    options.colour ? { ...COLOURS, ...options.colours } : NO_COLOURS,
    sizeOf(stdout),
    {
      now: () => source.now(),
      retryNow: () => source.retryNow(),
      quit: resolve,
      suspend: () => {
        painter.leave(false);
        stdin.setRawMode(false);
        // The whole group, as the terminal would do it: a program that started this one stops too.
        process.kill(0, 'SIGTSTP');
      },
    },
    state,
    { ...INITIAL_VIEW, units: options.units },
  );
  const painter = new Painter(stdout);
  const resized = (): void => {
    painter.resize(sizeOf(stdout));
    dashboard.resize(sizeOf(stdout));
  };
  const continued = (): void => {
    stdin.setRawMode(true);
    painter.enter();
    resized();
  };
  const leave = (): void => painter.leave(false);
  // Whatever ends the process, the last word to the terminal is ours.
  process.once('exit', leave);
  stdout.on('resize', resized);
  process.on('SIGCONT', continued);
  ports.signal.addEventListener('abort', () => resolve(false), { once: true });
  if (ports.signal.aborted) resolve(false);
  painter.enter();
  ports.feed.listen({
    push: (event) => dashboard.push(event),
    end: () => dashboard.endReplay(),
    rewind: () => dashboard.rewind(),
  });
  dashboard.start();
  const show = (lines: readonly string[]): void => painter.show(lines);
  const ink = render(<App dashboard={dashboard} show={show} />, {
    // Ink asks its standard output for a size, and writes; it needs no more of a stream.
    stdout: new SilentStdout() as unknown as NodeJS.WriteStream,
    stdin,
    // Without it Ink puts its writes off, and has timers for that.
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  ink.waitUntilExit().catch(reject);
  let keep = false;
  try {
    keep = await promise;
  } finally {
    painter.leave(keep);
    dashboard.stop();
    ink.unmount();
    stdout.off('resize', resized);
    process.off('SIGCONT', continued);
    process.off('exit', leave);
  }
}
