import { EventEmitter } from 'node:events';

import { withColumns } from '../text/column-mark.ts';

/** Bytes that are waiting for a terminal are offered again this often. */
const RETRY_MS = 10;

/** Begins a synchronized update (DEC private mode 2026), which the frame that follows ends, and clears the screen. */
const CLEAR = '\u001b[?2026h\u001b[2J\u001b[H';

/** Where the bytes go: a descriptor that does not block, or the terminal of a test. */
export interface TerminalPort {
  readonly columns: number;
  readonly rows: number;
  /**
   * Writes as much as can be written without waiting.
   *
   * @returns how many bytes were taken; 0 when the terminal does not read
   */
  write(bytes: Uint8Array): number;
}

/**
 * What Ink is given as its standard output. It makes one write of all that Ink writes for a frame, and it never waits:
 * while the terminal does not read, {@link blocked} says that there shall be no other frame, and `drain` says when there
 * may be one.
 *
 * Node writes to a terminal synchronously: one that does not read (Ctrl-S, an SSH connection asleep) would hold the
 * connection to the broker, a recording and the keys.
 */
export class TerminalOutput extends EventEmitter {
  readonly isTTY = true;
  readonly writable = true;
  readonly destroyed = false;
  readonly writableEnded = false;
  readonly #port: TerminalPort;
  #gathered = '';
  #flushing = false;
  #rest: Uint8Array | null = null;
  #timer: NodeJS.Timeout | null = null;
  #size: { readonly columns: number; readonly rows: number };

  constructor(port: TerminalPort) {
    super();
    this.#port = port;
    this.#size = { columns: port.columns, rows: port.rows };
  }

  /** As of the last {@link resize}, so that Ink and what is drawn have one size. */
  get columns(): number {
    return this.#size.columns;
  }

  get rows(): number {
    return this.#size.rows;
  }

  /** The terminal has not yet taken all that was written. */
  get blocked(): boolean {
    return this.#rest !== null;
  }

  /**
   * Takes over the size of the terminal and clears it: what terminals do with their cells then differs. Ink is not told of
   * it by a `resize` event, on which it would lay out a frame of the old size; it is made to forget its frame, and the
   * frame of the new size follows.
   *
   * @param ink - draws here
   */
  resize(ink: { clear(): void }): void {
    this.#size = { columns: this.#port.columns, rows: this.#port.rows };
    ink.clear();
    this.write(CLEAR);
  }

  write(text: string, done?: () => void): boolean {
    this.#gathered += text;
    if (!this.#flushing) {
      this.#flushing = true;
      queueMicrotask(() => this.flush());
    }
    if (done !== undefined) queueMicrotask(done);
    return true;
  }

  /** Offers everything to the terminal now. */
  flush(): void {
    this.#flushing = false;
    if (this.#gathered !== '') {
      const bytes = Buffer.from(withColumns(this.#gathered));
      this.#gathered = '';
      this.#rest = this.#rest === null ? bytes : Buffer.concat([this.#rest, bytes]);
    }
    if (this.#rest === null) return;
    const taken = this.#port.write(this.#rest);
    if (taken >= this.#rest.byteLength) {
      this.#rest = null;
      if (this.#timer === null) return;
      clearTimeout(this.#timer);
      this.#timer = null;
      this.emit('drain');
      return;
    }
    this.#rest = this.#rest.subarray(taken);
    if (taken > 0) this.emit('progress');
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), RETRY_MS);
  }

  /** Resolves when everything is written, or when the terminal has taken nothing for `ms`. */
  async end(ms: number): Promise<void> {
    this.flush();
    if (this.blocked) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.on('progress', () => timer.refresh());
        this.once('drain', () => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
