import { createWriteStream, openSync, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { encodeEvent } from '../lines/json-lines.ts';
import type { DashboardEvent } from '../store/events.ts';
import { TuiError } from '../tui-error.ts';

/** A disk that cannot keep up costs the recording, never the memory. */
const MAX_UNWRITTEN_BYTES = 8 * 1024 * 1024;

/** Writes every event to a file, as `--json` prints it. */
export class Recorder {
  readonly #path: string;
  readonly #stream: WriteStream;
  readonly #problem: (text: string) => void;
  #failed = false;

  /**
   * @param problem - told once when the recording has a gap or has ended early
   * @throws {@link TuiError} `cannotCreate`
   */
  constructor(path: string, problem: (text: string) => void) {
    this.#path = path;
    this.#problem = problem;
    try {
      this.#stream = createWriteStream(path, { fd: openSync(path, 'w') });
    } catch (cause) {
      throw new TuiError(
        'cannotCreate',
        `--record: cannot write ${JSON.stringify(path)} (${codeOf(cause)})`,
        { cause },
      );
    }
    this.#stream.on('error', (error) => this.#fail(`ended early (${codeOf(error)})`));
  }

  write(event: DashboardEvent): void {
    if (this.#failed) return;
    if (this.#stream.writableLength > MAX_UNWRITTEN_BYTES) this.#fail('ended early: the disk cannot keep up');
    else this.#stream.write(`${encodeEvent(event)}\n`);
  }

  /** Waits until everything is in the file. */
  async close(): Promise<void> {
    if (this.#failed) return;
    this.#stream.end();
    await finished(this.#stream).catch(() => {});
  }

  #fail(what: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#problem(`the recording ${this.#path} ${what}`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
