import { deferred } from '../base/deferred.ts';
import { EXIT, TuiError } from '../base/tui-error.ts';
import type { Options } from '../command-line/options.ts';
import type { EventSource } from '../store/event-source.ts';
import type { DashboardEvent } from '../store/events.ts';
import type { Feed } from '../store/feed.ts';
import type { State } from '../store/state.ts';
import { reduce } from '../store/store.ts';
import { encodeEvent } from './json-lines.ts';
import { connectionLine, PLAIN_HEADING, StateLines, statsLines } from './plain-lines.ts';

/** How often it is looked whether an interface has become stale. */
const STATE_CHECK_MS = 500;
/** A reader that is slower than the broadcasts loses some; the memory stays as it is. */
const MAX_UNWRITTEN_BYTES = 8 * 1024 * 1024;

/** What the lines are written to, and where they come from. */
export interface LinesPorts {
  readonly write: (text: string) => void;
  /** What the reader has not taken yet. */
  readonly unwrittenBytes: () => number;
  readonly writeError: (text: string) => void;
  readonly source: EventSource;
  readonly feed: Feed;
  /** Aborted when the program is told to end. */
  readonly signal: AbortSignal;
}

/**
 * `--json` and `--plain`: writes lines until enough have come, time is up, the recording is over, or the signal.
 *
 * @returns the exit code
 * @throws {@link TuiError} `unavailable`, `daemonOffline` or `timeout`
 */
export async function runLines(options: Options, state: State, ports: LinesPorts): Promise<number> {
  const { promise, resolve, reject } = deferred<number>();
  const { count, timeoutMs } = options;
  const run = new LinesRun(options, state, ports);
  const timers: NodeJS.Timeout[] = [];
  if (timeoutMs !== null) {
    timers.push(
      setTimeout(() => {
        if (count === null && run.broadcasts > 0) resolve(EXIT.ok);
        else reject(run.tooLate(timeoutMs));
      }, timeoutMs),
    );
  }
  if (options.output === 'plain' && count === null) {
    timers.push(setInterval(() => run.writeStates(), STATE_CHECK_MS));
  }
  ports.signal.addEventListener('abort', () => resolve(EXIT.ok), { once: true });
  if (ports.signal.aborted) resolve(EXIT.ok);
  ports.feed.listen({
    push: (event) => {
      if (run.isEnough) return;
      run.take(event);
      if (run.isEnough) resolve(EXIT.ok);
      // A script that asked for a recording must not go on without one; the recorder says why.
      if (event.type === 'problem' && event.ends === 'recording') resolve(EXIT.ioError);
      const failure = timeoutMs === null ? run.failure(event) : null;
      if (failure !== null) reject(failure);
    },
    end: () => (count === null ? resolve(EXIT.ok) : reject(run.tooFew())),
    rewind: () => {},
  });
  try {
    return await promise;
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

/** What has come and been written so far. */
class LinesRun {
  readonly #options: Options;
  readonly #ports: LinesPorts;
  readonly #stateLines = new StateLines();
  #state: State;
  #reached = false;
  #unwritten = 0;
  broadcasts = 0;

  constructor(options: Options, state: State, ports: LinesPorts) {
    this.#options = options;
    this.#state = state;
    this.#ports = ports;
    if (options.output === 'plain') ports.write(`${PLAIN_HEADING}\n`);
  }

  /** As many broadcasts have come as were asked for. */
  get isEnough(): boolean {
    return this.broadcasts === this.#options.count;
  }

  take(event: DashboardEvent): void {
    const { output, count } = this.#options;
    // What JSON needs of the state is hosts and connection; broadcasts come by the thousand.
    if (output === 'plain' || event.type !== 'stats') this.#state = reduce(this.#state, [event]);
    if (event.type === 'connected') this.#reached = true;
    if (event.type === 'stats') this.broadcasts++;
    const remark = connectionLine(event);
    if (remark !== null && (output === 'plain' || count !== null))
      this.#ports.writeError(`ifcast: ${remark}\n`);
    if (this.#isReaderSlow()) return;
    if (output === 'json') {
      // Asked for a number of broadcasts, a script wants those and nothing between them.
      if (count === null || event.type === 'stats') this.#line(encodeEvent(event));
    } else if (event.type === 'stats') {
      for (const text of statsLines(this.#state, event)) this.#line(text);
    }
  }

  /** Lines for interfaces whose state has changed. */
  writeStates(): void {
    for (const text of this.#stateLines.changes(this.#state, this.#ports.source.now())) this.#line(text);
  }

  /** Why nobody should wait any longer: a broker that has never been there, or a daemon that is away. */
  failure(event: DashboardEvent): TuiError | null {
    const { broker, count, onlyHost: host, replay } = this.#options;
    if (replay !== null) return null;
    if (event.type === 'disconnected' && !this.#reached) {
      const allTried = event.attempt >= broker.urls.length && event.retryAt > event.at;
      return allTried ? this.#unavailable() : null;
    }
    const away = event.type === 'status' && event.status === 'offline' && event.host === host;
    return count !== null && away ? offline(event.host) : null;
  }

  tooLate(timeoutMs: number): TuiError {
    if (!this.#reached && this.#options.replay === null) return this.#unavailable();
    const hosts = [...this.#state.hosts.values()];
    if (hosts.length > 0 && hosts.every(({ status }) => status === 'offline')) return offline(hosts[0]!.host);
    const within = `${this.broadcasts} broadcasts came within ${timeoutMs / 1000} s`;
    return new TuiError('timeout', `${within}, fewer than asked for`);
  }

  tooFew(): TuiError {
    return new TuiError('timeout', `the recording has ${this.broadcasts} broadcasts, fewer than asked for`);
  }

  #unavailable(): TuiError {
    const { broker, reason } = this.#state.connection;
    return new TuiError('unavailable', `cannot reach broker ${broker}: ${reason ?? 'no answer yet'}`);
  }

  #isReaderSlow(): boolean {
    if (this.#ports.unwrittenBytes() <= MAX_UNWRITTEN_BYTES) {
      if (this.#unwritten > 0)
        this.#ports.writeError(`ifcast: ${this.#unwritten} lines left out: the reader is too slow\n`);
      this.#unwritten = 0;
      return false;
    }
    this.#unwritten++;
    return true;
  }

  #line(text: string): void {
    this.#ports.write(`${text}\n`);
  }
}

function offline(host: string): TuiError {
  return new TuiError('daemonOffline', `the daemon on ${host} is offline; start ifcastd there`);
}
