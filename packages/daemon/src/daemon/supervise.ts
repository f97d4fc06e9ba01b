import { EventEmitter, once } from 'node:events';

import type { Log } from '../base/log.ts';

/** From the signal to the exit, whatever hangs. */
const STOP_DEADLINE_MS = 2_900;

/** What is started, stopped and told to go over to another configuration. */
export interface Supervised {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** A sentence for `health.problem`. */
  setProblem(problem: string): void;
  /** Tells whoever listens what the log was told. */
  happened(code: 'reload' | 'refused', text: string): void;
  /** One line: how it does. */
  summary(): string;
}

/** The world around the daemon; tests give their own. */
export interface Supervision {
  /** `process`. */
  readonly signals: SignalSource;
  /** Tells the service manager; never throws. */
  readonly notify: (...state: string[]) => void;
  /** How often the watchdog is to be told that all is well; `null` without a watchdog. */
  readonly watchdogIntervalMs: number | null;
  /** Reads the configuration again and goes over to it; rejects and leaves the old one in force where it is faulty. */
  readonly reload: () => Promise<void>;
  readonly log: Log;
}

export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => unknown): unknown;
  off(signal: NodeJS.Signals, listener: () => unknown): unknown;
}

/**
 * Runs the daemon until SIGTERM or SIGINT. It is then given 3 s to say goodbye; a second SIGINT cuts them short. SIGHUP
 * reads the configuration again.
 *
 * @throws what `start` or `stop` throws
 * @see sd_notify(3)
 */
export async function supervise(daemon: Supervised, supervision: Supervision): Promise<void> {
  const { signals, notify, log } = supervision;
  const stopSignals = new EventEmitter();
  const firstSignal = once(stopSignals, 'stop');
  const impatience = once(stopSignals, 'impatience').then(() => 'impatience' as const);
  let stopping = false;
  const onTerminate = (): void => {
    stopping = true;
    stopSignals.emit('stop');
  };
  // A second Ctrl-C is a person's; a second SIGTERM may come from two who stop the same daemon.
  const onInterrupt = (): void => {
    if (stopping) stopSignals.emit('impatience');
    onTerminate();
  };
  const reload = reloader(daemon, supervision);
  let started = Promise.resolve();
  const onHangUp = (): void => {
    const reloadUnlessStopping = (): void => (stopping ? undefined : reload());
    started.then(reloadUnlessStopping, () => {});
  };
  signals.on('SIGTERM', onTerminate);
  signals.on('SIGINT', onInterrupt);
  signals.on('SIGHUP', onHangUp);
  const watchdog = watchdogTimer(supervision);
  let deadline: NodeJS.Timeout | undefined;
  try {
    started = daemon.start();
    await Promise.race([started, firstSignal]);
    if (!stopping) notify('READY=1', `STATUS=${daemon.summary()}`);
    await firstSignal;
    notify('STOPPING=1');
    const late = new Promise<'late'>((resolve) => {
      deadline = setTimeout(resolve, STOP_DEADLINE_MS, 'late');
    });
    const end = await Promise.race([daemon.stop(), impatience, late]);
    if (end === 'late') log.warn('stopped without waiting any longer for what hangs');
    if (end === 'impatience') log.warn('stopped at once');
  } finally {
    clearTimeout(deadline);
    clearInterval(watchdog);
    signals.off('SIGTERM', onTerminate);
    signals.off('SIGINT', onInterrupt);
    signals.off('SIGHUP', onHangUp);
  }
}

/** The listener of SIGHUP: one reload after the other, and signals that come meanwhile make one more. */
function reloader(daemon: Supervised, { notify, reload, log }: Supervision): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      // systemd wants the clock of this very moment, so that READY=1 is not taken for an earlier one.
      notify('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
      try {
        await reload();
        notify('READY=1', `STATUS=${daemon.summary()}`);
        const text = 'the configuration has been read again';
        log.info(text);
        daemon.happened('reload', text);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const text = `the configuration stays as it was: ${reason}`;
        log.error(text);
        daemon.happened('refused', text);
        daemon.setProblem(`the new configuration is refused: ${reason}`);
        notify('READY=1', `STATUS=${daemon.summary()}`);
      }
    } while (again);
    running = false;
  };
  return () => {
    again = true;
    if (!running) void run();
  };
}

function watchdogTimer({ watchdogIntervalMs, notify }: Supervision): NodeJS.Timeout | undefined {
  return watchdogIntervalMs === null
    ? undefined
    : setInterval(() => notify('WATCHDOG=1'), watchdogIntervalMs);
}
