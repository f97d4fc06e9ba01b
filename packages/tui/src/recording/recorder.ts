import { createWriteStream, openSync, statSync, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { TuiError } from '../base/tui-error.ts';
import { encodeEvent } from '../lines/json-lines.ts';
import type { DashboardEvent } from '../store/events.ts';

/** A disk that cannot keep up costs the recording, never the memory. */
const MAX_UNWRITTEN_BYTES = 8 * 1024 * 1024;
/** A disk that does not answer does not keep the program. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Writes every event to a file, as `--json` prints it. */
export class Recorder {
  readonly #path: string;
  readonly #overwrite: boolean;
  readonly #problem: (text: string) => void;
  #stream: WriteStream | null = null;
  #failure: string | null = null;

  /**
   * @param overwrite - a file that is there is begun anew
   * @param problem - told once when the recording has ended early
   */
  constructor(path: string, overwrite: boolean, problem: (text: string) => void) {
    this.#path = path;
    this.#overwrite = overwrite;
    this.#problem = problem;
  }

  /** Why the recording has ended early, in one sentence. */
  get failure(): string | null {
    return this.#failure;
  }

  /** @throws {@link TuiError} `cannotCreate` */
  start(): void {
    const fd = this.#open();
    this.#stream = createWriteStream(this.#path, { fd });
    this.#stream.on('error', (error) => this.#fail(`ended early: ${errorWords(error)}`));
  }

  write(event: DashboardEvent): void {
    if (this.#failure !== null || this.#stream === null) return;
    if (this.#stream.writableLength > MAX_UNWRITTEN_BYTES) this.#fail('ended early: the disk cannot keep up');
    else this.#stream.write(`${encodeEvent(event)}\n`);
  }

  /** Waits until everything is in the file; then {@link failure} says whether it is. */
  async close(): Promise<void> {
    if (this.#failure !== null || this.#stream === null) return;
    this.#stream.end();
    const signal = AbortSignal.timeout(CLOSE_TIMEOUT_MS);
    await finished(this.#stream, { signal }).catch(() => {
      if (signal.aborted) this.#fail('lacks its end: the disk does not answer');
    });
  }

  #open(): number {
    const path = JSON.stringify(this.#path);
    try {
      // A device or a pipe has nothing to lose.
      const keeps = !this.#overwrite && (statSync(this.#path, { throwIfNoEntry: false })?.isFile() ?? true);
      return openSync(this.#path, keeps ? 'wx' : 'w', 0o644);
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
      const message =
        code === 'EEXIST'
          ? `--record: ${path} is there already: name another file, or overwrite it with --force`
          : `--record: cannot write ${path} (${String(code)})`;
      throw new TuiError('cannotCreate', message, { cause });
    }
  }

  #fail(what: string): void {
    if (this.#failure !== null) return;
    this.#failure = `the recording ${this.#path} ${what}`;
    this.#problem(this.#failure);
  }
}

function errorWords(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const words: Readonly<Record<string, string>> = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EFBIG: 'the file is as large as it may be',
  };
  return Object.hasOwn(words, code) ? `${words[code]} (${code})` : code;
}
