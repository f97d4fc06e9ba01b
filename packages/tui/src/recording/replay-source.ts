import { createReadStream, openSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { ProtocolError } from '@ifcast/protocol';
import type { EventSource } from '../connection/source.ts';
import { parseEvent } from '../lines/json-lines.ts';
import type { DashboardEvent } from '../store/events.ts';
import { TuiError } from '../tui-error.ts';

/** A timer takes no more (2^31 - 1 ms); a gap of a recording may be longer. */
const MAX_TIMER_MS = 2_000_000_000;

/** The events of a recording, at the pace they came in or another one. */
export class ReplaySource implements EventSource {
  readonly #path: string;
  readonly #speed: number;
  readonly #push: (event: DashboardEvent) => void;
  readonly #ended: () => void;
  readonly #descriptor: number;
  readonly #stopped = new AbortController();
  /** Time of the recording and of the clock that does not jump, at the first event. */
  #began: { readonly at: number; readonly monotonic: number } | null = null;
  #last: number | null = null;
  #finished = false;

  /**
   * @param speed - 2 is twice as fast as it was; `Infinity`: as fast as it goes
   * @param ended - called after the last event
   * @throws {@link TuiError} `noInput`
   */
  constructor(path: string, speed: number, push: (event: DashboardEvent) => void, ended: () => void) {
    this.#path = path;
    this.#speed = speed;
    this.#push = push;
    this.#ended = ended;
    try {
      this.#descriptor = openSync(path, 'r');
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
      throw new TuiError('noInput', `--replay: cannot read ${JSON.stringify(path)} (${String(code)})`, {
        cause,
      });
    }
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
  }

  retryNow(): void {}

  /** The time of the recording, which stands still at its end. */
  now(): number {
    if (this.#began === null) return 0;
    if (this.#finished || this.#speed === Number.POSITIVE_INFINITY) return this.#last ?? this.#began.at;
    return this.#began.at + (performance.now() - this.#began.monotonic) * this.#speed;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    const stream = createReadStream(this.#path, { fd: this.#descriptor });
    const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    let number = 0;
    try {
      for await (const line of lines) {
        number++;
        if (signal.aborted) return;
        const event = this.#read(line, number);
        if (event === null) continue;
        this.#began ??= { at: event.at, monotonic: performance.now() };
        await this.#until(event.at, signal);
        if (signal.aborted) return;
        this.#last = event.at;
        this.#push(event);
      }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : error;
      this.#push({
        at: this.now(),
        type: 'problem',
        text: `${this.#path} cannot be read on (${String(code)})`,
      });
    } finally {
      stream.destroy();
    }
    this.#finished = true;
    this.#ended();
  }

  #read(line: string, number: number): DashboardEvent | null {
    if (line.trim() === '') return null;
    try {
      return parseEvent(Buffer.from(line));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return {
        at: this.#last ?? 0,
        type: 'rejected',
        topic: `${this.#path}:${number}`,
        reason: error.message,
      };
    }
  }

  async #until(at: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const wait = (at - this.now()) / this.#speed;
      if (!(wait > 0) || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const finish = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', finish);
          resolve();
        };
        const timer = setTimeout(finish, Math.min(wait, MAX_TIMER_MS));
        signal.addEventListener('abort', finish, { once: true });
      });
    }
  }
}
