import { deferred } from './deferred.ts';
import type { DashboardEvent } from './events.ts';
import { encodeEvent } from './json-lines.ts';
import type { Options } from './options.ts';
import { connectionLine, PLAIN_HEADING, StateLines, statsLines } from './plain-lines.ts';
import type { EventSource } from './source.ts';
import { EMPTY_STATE, type State } from './state.ts';
import { reduce } from './store.ts';
import { EXIT, TuiError } from './tui-error.ts';

/** How often it is looked whether an interface has become stale. */
const STATE_CHECK_MS = 500;

/** What the lines are written to. */
export interface LinesPorts {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly source: (push: (event: DashboardEvent) => void) => EventSource;
  /** Aborted when the program is told to end. */
  readonly signal: AbortSignal;
}

/**
 * `--json` and `--plain`: writes lines until enough have come, time is up, or the signal.
 *
 * @returns the exit code
 * @throws {@link TuiError} `unavailable`, `daemonOffline` or `timeout`
 */
export async function runLines(options: Options, ports: LinesPorts): Promise<number> {
  const { promise, resolve, reject } = deferred<number>();
  const { count, output } = options;
  const stateLines = new StateLines();
  let state: State = EMPTY_STATE;
  let broadcasts = 0;
  let reached = false;

  const line = (text: string): void => ports.write(`${text}\n`);
  const push = (event: DashboardEvent): void => {
    state = reduce(state, [event]);
    if (output === 'json') {
      // Asked for a number of broadcasts, a script wants those and nothing between them.
      if (count === null || event.type === 'stats') line(encodeEvent(event));
    } else if (event.type === 'stats') {
      for (const text of statsLines(state, event)) line(text);
    }
    const remark = connectionLine(event);
    if (remark !== null && (output === 'plain' || count !== null)) ports.writeError(`ifcast: ${remark}\n`);
    if (event.type === 'connected') reached = true;
    if (event.type === 'stats' && ++broadcasts === count) resolve(EXIT.ok);
    if (options.timeoutMs !== null) return;
    // Without --timeout nobody waits for a broker that has never been there, or for a daemon that is away.
    if (
      event.type === 'disconnected' &&
      !reached &&
      event.attempt >= options.brokers.length &&
      event.retryAt > event.at
    ) {
      reject(unavailable(state));
    }
    if (
      count !== null &&
      event.type === 'status' &&
      isAwaited(options, event.host) &&
      event.status === 'offline'
    ) {
      reject(offline(event.host));
    }
  };

  const source = ports.source(push);
  const timers: NodeJS.Timeout[] = [];
  const { timeoutMs } = options;
  if (timeoutMs !== null) {
    timers.push(
      setTimeout(() => {
        if (count === null && broadcasts > 0) resolve(EXIT.ok);
        else reject(tooLate(state, reached, broadcasts, timeoutMs));
      }, timeoutMs),
    );
  }
  if (output === 'plain') {
    line(PLAIN_HEADING);
    if (count === null) {
      timers.push(
        setInterval(() => {
          for (const text of stateLines.changes(state, Date.now())) line(text);
        }, STATE_CHECK_MS),
      );
    }
  }
  ports.signal.addEventListener('abort', () => resolve(EXIT.ok), { once: true });
  try {
    source.start();
    return await promise;
  } finally {
    for (const timer of timers) clearTimeout(timer);
    source.stop();
  }
}

function isAwaited(options: Options, host: string): boolean {
  return options.host === host;
}

function tooLate(state: State, reached: boolean, broadcasts: number, timeoutMs: number): TuiError {
  if (!reached) return unavailable(state);
  const hosts = [...state.hosts.values()];
  if (hosts.length > 0 && hosts.every(({ status }) => status === 'offline')) return offline(hosts[0]!.host);
  return new TuiError(
    'timeout',
    `${broadcasts} broadcasts came within ${timeoutMs / 1000} s, fewer than asked for`,
  );
}

function unavailable({ connection }: State): TuiError {
  return new TuiError(
    'unavailable',
    `cannot reach broker ${connection.broker}: ${connection.reason ?? 'no answer yet'}`,
  );
}

function offline(host: string): TuiError {
  return new TuiError('daemonOffline', `the daemon on ${host} is offline; start ifcastd there`);
}
