import type { Readable } from 'node:stream';

import { ProtocolError } from '@ifcast/protocol';

import { deferred } from '../base/deferred.ts';
import { TuiError } from '../base/tui-error.ts';
import { parseEvent } from '../lines/json-lines.ts';
import type { EventSource, ReplayControl, ReplayPosition } from '../store/event-source.ts';
import type { DashboardEvent } from '../store/events.ts';
import type { FeedListener } from '../store/feed.ts';
import { RecordingFile } from './recording-file.ts';
import { ReplayClock } from './replay-clock.ts';

/** A timer takes no more (2^31 - 1 ms); a gap of a recording may be longer. */
const MAX_TIMER_MS = 2_000_000_000;
/** No more of the past is shown: broadcasts of before need not be read when the time is set. */
const SHOWN_PAST_MS = 3_600_000;
const MIN_SPEED = 1 / 16;
const MAX_SPEED = 1024;

/** How our lines begin, so that a line's time and type are known before it is parsed. */
const HEAD = /^\{"schema":\d+,"at":"([^"]{1,40})","type":"([a-z-]+)"/;
const HEAD_BYTES = 120;

/** The events of a recording, at the pace they came in or another one. */
export class ReplaySource implements EventSource {
  readonly #path: string;
  readonly #stdin: Readable;
  readonly #listener: FeedListener;
  readonly #clock: ReplayClock;
  readonly #stopped = new AbortController();
  readonly replay: ReplayControl;
  #file: RecordingFile | null = null;
  /** Of reading the file from its beginning to its end. */
  #pass = new AbortController();
  #wake = (): void => {};
  /** Times of the first event, the last one, and the one that was pushed last. */
  #from: number | null = null;
  #until: number | null = null;
  #last: number | null = null;
  /** The event that is being waited for. */
  #next: number | null = null;
  /** Up to where events are gone through without a pause. */
  #target: number | null = null;
  #paused = false;
  #ended = false;

  /**
   * @param path - a file, or `-` for `stdin`; also compressed by gzip(1)
   * @param speed - 2 is twice as fast as it was; `Infinity`: as fast as it goes
   */
  constructor(path: string, speed: number, listener: FeedListener, stdin: Readable = process.stdin) {
    this.#path = path;
    this.#listener = listener;
    this.#stdin = stdin;
    this.#clock = new ReplayClock(speed);
    this.replay = {
      position: () => this.#position(),
      pause: () => this.#pause(true),
      resume: () => this.#pause(false),
      seek: (byMs) => this.#seek(byMs),
      faster: () => this.#setSpeed(2),
      slower: () => this.#setSpeed(1 / 2),
    };
  }

  /** @throws {@link TuiError} `noInput`, or `data` for what is no recording */
  async start(): Promise<void> {
    this.#file = RecordingFile.open(this.#path, this.#stdin);
    const { promise, resolve, reject } = deferred<void>();
    this.#read(this.#file, resolve).catch(reject);
    void this.#findEnd(this.#file);
    await promise;
  }

  stop(): void {
    this.#stopped.abort();
    this.#pass.abort();
    this.#wake();
    this.#file?.stop();
  }

  retryNow(): void {}

  /** The time of the recording, never beyond what has been read of it; it stands still at the end. */
  now(): number {
    const last = this.#last ?? this.#from ?? 0;
    if (this.#ended || this.#target !== null || this.#next === null) return last;
    return Math.min(this.#clock.now(), Math.max(this.#next, last));
  }

  #position(): ReplayPosition {
    const at = this.#target ?? this.now();
    return {
      at,
      from: this.#from ?? at,
      until: this.#until === null ? null : Math.max(this.#until, at),
      speed: this.#clock.speed,
      paused: this.#paused,
      ended: this.#ended,
      seeking: this.#target !== null,
      canGoBack: this.#file?.canGoBack ?? false,
    };
  }

  #pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#setRunning();
  }

  #setRunning(): void {
    if (this.#target !== null || this.#paused) this.#clock.halt(this.#target ?? this.now());
    else this.#clock.run();
    this.#wake();
  }

  #setSpeed(factor: number): void {
    const speed = Math.min(MAX_SPEED, Math.max(MIN_SPEED, this.#clock.speed * factor));
    this.#clock.setSpeed(speed, this.#target ?? this.now());
    this.#wake();
  }

  #seek(byMs: number): void {
    if (this.#file === null || this.#from === null) return;
    const at = this.#target ?? this.now();
    const target = Math.max(this.#from, Math.min(at + byMs, this.#until ?? Number.POSITIVE_INFINITY));
    if (target < at) {
      if (!this.#file.canGoBack) return;
      this.#pass.abort();
      this.#wake();
      this.#ended = false;
      this.#last = null;
      this.#next = null;
      this.#listener.rewind();
      this.#target = target;
      void this.#read(this.#file, () => {});
    } else {
      if (this.#ended) return;
      this.#target = target;
    }
    this.#setRunning();
  }

  /**
   * Goes through the file once.
   *
   * @param begun - called when the first event has been read
   * @throws {@link TuiError} `data`
   */
  async #read(file: RecordingFile, begun: () => void): Promise<void> {
    const pass = new AbortController();
    this.#pass = pass;
    if (this.#stopped.signal.aborted) return;
    let number = 0;
    try {
      for await (const line of file.lines()) {
        number++;
        if (pass.signal.aborted) return;
        const event = this.#parse(line, number);
        if (event === null) continue;
        if (this.#from === null) this.#begin(event.at);
        begun();
        await this.#due(event.at, pass.signal);
        if (pass.signal.aborted) return;
        this.#last = event.at;
        this.#listener.push(event);
      }
    } catch (error) {
      if (pass.signal.aborted) return;
      if (error instanceof TuiError) throw error;
      const code = error instanceof Error && 'code' in error ? error.code : error;
      if (this.#from === null) throw this.#notRecording(number + 1, `it cannot be read on (${String(code)})`);
      const text = `${this.#path} cannot be read on (${String(code)})`;
      this.#listener.push({ at: this.now(), type: 'problem', text });
    }
    if (this.#from === null) throw this.#notRecording(number, 'nothing is recorded in it');
    this.#target = null;
    this.#ended = true;
    this.#until = Math.max(this.#until ?? this.#from, this.#last ?? this.#from);
    this.#setRunning();
    this.#listener.end();
  }

  #begin(at: number): void {
    this.#from = at;
    this.#last = at;
    this.#clock.set(at);
    this.#setRunning();
  }

  /** @returns `null` for what is passed over */
  #parse(line: Buffer, number: number): DashboardEvent | null {
    if (this.#target !== null && isBroadcastBefore(line, this.#target - SHOWN_PAST_MS)) return null;
    if (line.length === 0) return null;
    try {
      return parseEvent(line);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (this.#from === null) throw this.#notRecording(number, error.message);
      const topic = `${this.#path}:${number}`;
      return { at: this.#last ?? this.#from, type: 'rejected', topic, reason: error.message };
    }
  }

  #notRecording(line: number, reason: string): TuiError {
    const remedy = 'a recording is what --record or --json writes';
    return new TuiError('data', `--replay: ${this.#path}:${line}: ${reason}; ${remedy}`);
  }

  /** Waits until the time of the recording has come to `at`. */
  async #due(at: number, signal: AbortSignal): Promise<void> {
    this.#next = at;
    for (;;) {
      if (signal.aborted) return;
      if (this.#target !== null) {
        if (at <= this.#target) break;
        // Everything of before has been gone through: from here on time goes as it did.
        this.#last = this.#target;
        this.#target = null;
        this.#setRunning();
      }
      const wait = this.#paused ? MAX_TIMER_MS : (at - this.#clock.now()) / this.#clock.speed;
      if (!(wait > 0)) break;
      await this.#sleep(Math.min(wait, MAX_TIMER_MS));
    }
    this.#next = null;
  }

  async #sleep(ms: number): Promise<void> {
    const { promise, resolve } = deferred<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }

  async #findEnd(file: RecordingFile): Promise<void> {
    // What cannot be read is told by whoever reads it.
    const tail = await file.tail(this.#stopped.signal).catch(() => Buffer.alloc(0));
    const last = tail
      .toString('latin1')
      .split('\n')
      .findLast((line) => HEAD.test(line));
    const at = last === undefined ? Number.NaN : timeOf(last);
    if (!Number.isNaN(at)) this.#until = at;
  }
}

function isBroadcastBefore(line: Buffer, at: number): boolean {
  const head = HEAD.exec(line.toString('latin1', 0, HEAD_BYTES));
  return head?.[2] === 'stats' && Date.parse(head[1]!) < at;
}

function timeOf(line: string): number {
  return Date.parse(HEAD.exec(line)?.[1] ?? '');
}
