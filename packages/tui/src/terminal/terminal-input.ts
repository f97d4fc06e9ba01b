import { EventEmitter } from 'node:events';
import { StringDecoder } from 'node:string_decoder';

const PASTE_START = '\u001b[200~';
const PASTE_END = '\u001b[201~';
/** A paste, or an answer, whose end does not come within this time after its last byte has ended. */
const SILENCE_MS = 300;
/** More of a paste is of no use here. */
const MAX_PASTE = 4_096;
/** The beginning of a key, of a paste or of an answer is kept so long for the rest to come. */
const ESCAPE_SILENCE_MS = 20;
const UNFINISHED = /\u001b(\[(2(00?)?)?)?$/;
/** OSC, DCS, SOS, PM and APC strings (ECMA-48, 5.6): what a terminal answers, never a key. */
const STRING_START = /\u001b[\]PX^_]/;
const STRING_END = /\u0007|\u001b\\|\u009c/;
/** No answer is longer; what is, is no string. */
const MAX_STRING = 1_024;

/** The terminal's keyboard: as much of `process.stdin` as is used. */
export interface KeyboardPort {
  readonly isTTY?: boolean;
  setRawMode(on: boolean): unknown;
  ref(): unknown;
  unref(): unknown;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/**
 * What Ink is given as its standard input: the bytes of the terminal without what Ink would take for keys. Answers of the
 * terminal (OSC 11 and the like) go to the `answer` event, a paste is cut to 4,096 characters, and one that never ends is
 * ended, because Ink waits for the end with everything that follows.
 */
export class TerminalInput extends EventEmitter {
  readonly isTTY = true;
  readonly #port: KeyboardPort;
  readonly #decoder = new StringDecoder('utf8');
  readonly #chunks: string[] = [];
  #pending = '';
  #pasted: number | null = null;
  #silence: NodeJS.Timeout | null = null;

  constructor(port: KeyboardPort) {
    super();
    this.#port = port;
  }

  start(): void {
    this.#port.on('data', this.#take);
    this.#port.resume();
  }

  stop(): void {
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#silence = null;
    this.#port.off('data', this.#take);
    this.#port.pause();
  }

  setRawMode(on: boolean): this {
    this.#port.setRawMode(on);
    return this;
  }

  /** Texts come out decoded. */
  setEncoding(): this {
    return this;
  }

  ref(): this {
    this.#port.ref();
    return this;
  }

  unref(): this {
    this.#port.unref();
    return this;
  }

  /** The next piece of what was typed; `null` when there is none. */
  read(): string | null {
    return this.#chunks.shift() ?? null;
  }

  readonly #take = (chunk: Uint8Array): void => {
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#silence = null;
    const before = this.#chunks.length;
    this.#pending += this.#decoder.write(Buffer.from(chunk));
    while (this.#pending !== '' && this.#next()) {
      // Each step takes a part of what is pending.
    }
    if (this.#pasted !== null || this.#pending !== '') {
      const wait = UNFINISHED.test(this.#pending) ? ESCAPE_SILENCE_MS : SILENCE_MS;
      this.#silence = setTimeout(() => this.#endOfSilence(), wait);
    }
    if (this.#chunks.length > before) this.emit('readable');
  };

  /** Takes one part of what is pending: `false` when the rest of it has to come first. */
  #next(): boolean {
    if (this.#pasted !== null) return this.#nextOfPaste();
    const text = this.#pending;
    const paste = text.indexOf(PASTE_START);
    const string = text.search(STRING_START);
    if (string >= 0 && (paste < 0 || string < paste)) {
      this.#emit(text.slice(0, string));
      const body = text.slice(string + 2);
      const end = STRING_END.exec(body);
      if (end === null) {
        this.#pending = text.slice(string);
        if (this.#pending.length <= MAX_STRING) return false;
        this.#pending = '';
        return true;
      }
      this.emit('answer', body.slice(0, end.index));
      this.#pending = body.slice(end.index + end[0].length);
      return true;
    }
    if (paste >= 0) {
      this.#emit(text.slice(0, paste) + PASTE_START);
      this.#pending = text.slice(paste + PASTE_START.length);
      this.#pasted = 0;
      return true;
    }
    const unfinished = UNFINISHED.exec(text)?.index ?? text.length;
    this.#emit(text.slice(0, unfinished));
    this.#pending = text.slice(unfinished);
    return false;
  }

  #nextOfPaste(): boolean {
    const end = this.#pending.indexOf(PASTE_END);
    const whole = end >= 0 ? end : this.#pending.length - (PASTE_END.length - 1);
    if (whole > 0) this.#emitPasted(this.#pending.slice(0, whole));
    if (end < 0) {
      this.#pending = this.#pending.slice(Math.max(0, whole));
      return false;
    }
    this.#pending = this.#pending.slice(end + PASTE_END.length);
    this.#endPaste();
    return true;
  }

  #emitPasted(text: string): void {
    const room = MAX_PASTE - (this.#pasted ?? 0);
    this.#pasted = (this.#pasted ?? 0) + text.length;
    // An escape sequence within it, an end above all, is no part of a text.
    if (room > 0) this.#emit(text.slice(0, room).replaceAll('\u001b', ''));
  }

  #endPaste(): void {
    this.#pasted = null;
    this.#emit(PASTE_END);
  }

  #endOfSilence(): void {
    this.#silence = null;
    const rest = this.#pending;
    this.#pending = '';
    if (this.#pasted !== null) {
      this.#emitPasted(rest);
      this.#endPaste();
    } else if (!STRING_START.test(rest)) {
      // It was a key. What is left of an answer that never came is dropped.
      this.#emit(rest);
    }
    this.emit('readable');
  }

  #emit(text: string): void {
    if (text !== '') this.#chunks.push(text);
  }
}
