import { constants } from 'node:os';
import { setFlagsFromString } from 'node:v8';

import { render, renderToString } from 'ink';
import { deferred } from '../base/deferred.ts';
import type { Options } from '../command-line/options.ts';
import { DrawingContext } from '../components/drawing-context.ts';
import { habitsFrom, habitsOf } from '../input/habits.ts';
import { INITIAL_VIEW, type View } from '../input/view.ts';
import { ScreenMemory } from '../remembered/screen-memory.ts';
import type { EventSource } from '../store/event-source.ts';
import type { Feed } from '../store/feed.ts';
import type { State } from '../store/state.ts';
import { openTerminal } from '../terminal/open-terminal.ts';
import { TerminalInput } from '../terminal/terminal-input.ts';
import { TerminalOutput } from '../terminal/terminal-output.ts';
import { withoutColumns } from '../text/column-mark.ts';
import { localDayAndTime, localTime } from '../text/format.ts';
import { ASCII_GLYPHS, UNICODE_GLYPHS } from '../text/glyphs.ts';
import { ASK_BACKGROUND, backgroundOf, backgroundOfEnvironment } from '../theme/background.ts';
import { paletteOf } from '../theme/theme.ts';
import { App, type SuspendTerminal } from './app.tsx';
import { Dashboard } from './dashboard.ts';
import { Screen } from './screen.tsx';

/** What the screen needs of the process. */
export interface ScreenPorts {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream & { readonly fd: number };
  readonly source: EventSource;
  readonly feed: Feed;
  /** Aborted when the program is told to end. */
  readonly signal: AbortSignal;
}

/**
 * A name that is wider than this program thinks must not push its row into the next one (DECAWM). Set before the other
 * screen is entered and taken back after it is left: some terminals keep it with the cursor.
 */
const AUTOWRAP_OFF = '\u001b[?7l';
const AUTOWRAP_ON = '\u001b[?7h';
/** Ink draws at most every millisecond: when there is something to draw is decided here. */
const MAX_FPS = 1_000;
/** A terminal that has not answered by then does not know what it was asked. */
const ANSWER_MS = 1_000;
const FEW_INTERFACES = 50;
/** A terminal that does not read does not keep the program for longer. */
const FAREWELL_MS = 1_000;

/**
 * Shows the dashboard until the reader quits or the signal comes, and gives the terminal back as it was, whatever
 * happens.
 */
export async function runScreen(options: Options, state: State, ports: ScreenPorts): Promise<void> {
  const { stdout, source } = ports;
  const { promise, resolve, reject } = deferred<boolean>();
  const colours = { ...options, env: process.env };
  const memory = options.stateDirectory === null ? null : new ScreenMemory(options.stateDirectory);
  const terminal = openTerminal(stdout);
  const output = new TerminalOutput(terminal);
  const input = new TerminalInput(ports.stdin);
  let suspendTerminal: SuspendTerminal | null = null;
  let takeBack: Promise<() => Promise<void>> | null = null;

  const dashboard = new Dashboard(
    settingsOf(options),
    { columns: output.columns, rows: output.rows },
    {
      now: () => source.now(),
      retryNow: () => source.retryNow(),
      replay: source.replay,
      bell: () => output.write('\u0007'),
      canShow: () => !output.blocked,
      quit: resolve,
      suspend: () => {
        if (suspendTerminal === null || takeBack !== null) return;
        takeBack = suspendTerminal();
        void takeBack.then(() => {
          output.write(AUTOWRAP_ON);
          output.flush();
          // The whole group, as the terminal would do it: a program that started this one stops too.
          process.kill(0, constants.signals.SIGTSTP);
        });
      },
    },
    state,
    viewOf(options, memory),
  );

  // A terminal that does not read is told of its size when it reads again.
  const resized = (): void => {
    if (output.blocked) return;
    const before = { columns: output.columns, rows: output.rows };
    if (before.columns === terminal.columns && before.rows === terminal.rows) return;
    output.resize(ink);
    dashboard.resize({ columns: output.columns, rows: output.rows });
  };
  const continued = async (): Promise<void> => {
    // Stopped from outside, the terminal was not handed over: whatever has used it since, it is taken again.
    takeBack ??= suspendTerminal?.() ?? null;
    const resume = await takeBack;
    takeBack = null;
    if (resume === null) return;
    output.write(AUTOWRAP_OFF);
    await resume();
    resized();
    dashboard.repaint();
  };
  const leave = (keep: boolean): void => {
    process.off('exit', leaveAtOnce);
    ink.unmount();
    output.write(AUTOWRAP_ON);
    if (keep) output.write(`${lastFrame(dashboard).replaceAll('\n', '\r\n')}\r\n`);
  };
  // Whatever ends the process, the last word to the terminal is ours.
  const leaveAtOnce = (): void => {
    leave(false);
    output.flush();
  };

  setYoungGeneration(false);
  const unsubscribe = dashboard.subscribe(() => {
    if (dashboard.shown().model.state.interfaces.size <= FEW_INTERFACES) return;
    setYoungGeneration(true);
    unsubscribe();
  });
  ports.feed.listen({
    push: (event) => dashboard.push(event),
    end: () => dashboard.endReplay(),
    rewind: () => dashboard.rewind(),
  });
  dashboard.start(paletteOf(colours, backgroundOfEnvironment(process.env)));
  // The terminal is asked while the rest goes on; one that does not answer is taken for what it is mostly.
  const asking = setTimeout(() => input.off('answer', answered), ANSWER_MS);
  const answered = (answer: string): void => {
    const background = backgroundOf(answer);
    if (background === null) return;
    clearTimeout(asking);
    input.off('answer', answered);
    dashboard.recolour(paletteOf(colours, background));
  };
  if (options.colour && options.theme === 'auto') input.on('answer', answered);
  input.start();
  output.write(AUTOWRAP_OFF);
  const ink = render(
    <App
      dashboard={dashboard}
      onSuspendable={(suspend) => {
        suspendTerminal = suspend;
      }}
    />,
    {
      stdout: output as unknown as NodeJS.WriteStream,
      stdin: input as unknown as NodeJS.ReadStream,
      alternateScreen: true,
      incrementalRendering: true,
      interactive: true,
      exitOnCtrlC: false,
      patchConsole: false,
      isScreenReaderEnabled: false,
      maxFps: MAX_FPS,
    },
  );
  if (input.listenerCount('answer') > 0) output.write(ASK_BACKGROUND);
  ink.waitUntilExit().catch(reject);
  const onContinued = (): void => void continued().catch(reject);
  output.on('drain', () => {
    resized();
    dashboard.repaint();
  });
  stdout.on('resize', resized);
  process.on('SIGCONT', onContinued);
  process.once('exit', leaveAtOnce);
  ports.signal.addEventListener('abort', () => resolve(false), { once: true });
  if (ports.signal.aborted) resolve(false);
  let keep = false;
  try {
    keep = await promise;
  } finally {
    clearTimeout(asking);
    dashboard.stop();
    memory?.remember({ ...habitsOf(dashboard.view) });
    stdout.off('resize', resized);
    process.off('SIGCONT', onContinued);
    leave(keep);
    await output.end(FAREWELL_MS);
    input.stop();
    terminal.close();
  }
}

/**
 * Whether V8 lets the young generation of the heap grow. What a frame leaves behind is little, and a large one would only
 * take memory; the messages of many interfaces need it, or keys wait for the collector.
 */
function setYoungGeneration(grows: boolean): void {
  setFlagsFromString(`--semi-space-growth-factor=${grows ? 2 : 1}`);
}

/** The last frame, to be left where the shell goes on. */
function lastFrame(dashboard: Dashboard): string {
  const { model, scene, size, palette } = dashboard.shown();
  const frame = renderToString(
    <DrawingContext value={{ palette, ascii: model.settings.ascii }}>
      <Screen model={model} scene={scene} size={size} />
    </DrawingContext>,
    { columns: size.columns },
  );
  return withoutColumns(frame).trimEnd();
}

/** What the reader sees first: as the screen was left, but for what was asked for now. */
function viewOf(options: Options, memory: ScreenMemory | null): View {
  const habits = habitsFrom(memory?.recall() ?? {});
  const units = options.unitsAreChosen ? options.units : (habits.units ?? options.units);
  return { ...INITIAL_VIEW, ...habits, units };
}

function settingsOf(options: Options): ConstructorParameters<typeof Dashboard>[0] {
  const levels = [options.topic, options.onlyHost, options.onlyInterface];
  return {
    topic: `${levels.filter((level) => level !== '+').join('/')}/`,
    glyphs: options.ascii ? ASCII_GLYPHS : UNICODE_GLYPHS,
    ascii: options.ascii,
    timeOfDay: localTime,
    dayAndTime: localDayAndTime,
  };
}
