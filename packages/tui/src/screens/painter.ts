import type { WriteStream } from 'node:tty';
import { widthOf } from '../text/line.ts';
import type { Size } from './frame/model.ts';

/** Alternate screen and hidden cursor (xterm's ctlseqs, DECSET 1049 and 25). */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[H\u001b[2J';
const LEAVE = '\u001b[0m\u001b[?25h\u001b[?1049l';
/** Synchronized update: the terminal shows nothing between these two (DEC private mode 2026). */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';
const ERASE_TO_END_OF_LINE = '\u001b[K';

/** The escapes of our own palette. */
const SGR = /\u001b\[[\d;]*m/g;

/** What the painter writes to: `process.stdout`, or a terminal of a test. */
export type Terminal = Pick<WriteStream, 'write' | 'columns' | 'rows' | 'writableNeedDrain' | 'once'>;

/** Shows whole frames on a terminal by writing only the lines that changed, each update in one piece. */
export class Painter {
  readonly #terminal: Terminal;
  #size: Size;
  #shown: readonly string[] = [];
  #wanted: readonly string[] | null = null;
  #active = false;
  #waiting = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#size = sizeOf(terminal);
  }

  /** Goes to the alternate screen. */
  enter(): void {
    if (this.#active) return;
    this.#active = true;
    this.#terminal.write(ENTER);
    this.#shown = [];
  }

  /**
   * Gives the terminal back as it was. Safe to call at any time and more than once.
   *
   * @param keep - write the last frame where the shell goes on
   */
  leave(keep: boolean): void {
    if (!this.#active) return;
    this.#active = false;
    const frame = this.#wanted ?? this.#shown;
    const lines = frame.slice(0, frame.findLastIndex((line) => line.trim() !== '') + 1);
    this.#terminal.write(END + LEAVE + (keep ? `${lines.join('\r\n')}\r\n` : ''));
  }

  /** Takes over another size; the next frame is drawn whole. */
  resize(size: Size): void {
    this.#size = size;
    this.#shown = [];
    this.#wanted = null;
  }

  /** Shows a frame: lines no wider than the terminal, with colours. */
  show(lines: readonly string[]): void {
    if (!this.#active) return;
    this.#wanted = lines;
    this.#paint();
  }

  #paint(): void {
    // A terminal that cannot keep up gets the newest frame when it is ready, not all of them.
    if (this.#wanted === null || this.#waiting || !this.#active) return;
    const update = difference(this.#shown, this.#wanted, this.#size);
    this.#shown = this.#wanted;
    this.#wanted = null;
    if (update === '') return;
    this.#terminal.write(BEGIN + update + END);
    if (!this.#terminal.writableNeedDrain) return;
    this.#waiting = true;
    this.#terminal.once('drain', () => {
      this.#waiting = false;
      this.#paint();
    });
  }
}

/** The size of a terminal, or the usual one where it does not say. */
export function sizeOf(terminal: Pick<Terminal, 'columns' | 'rows'>): Size {
  return { columns: terminal.columns || 80, rows: terminal.rows || 24 };
}

function difference(shown: readonly string[], wanted: readonly string[], { rows, columns }: Size): string {
  // Nothing is known of the screen: clear it within the same update.
  let update = shown.length === 0 ? '\u001b[H\u001b[2J' : '';
  for (let row = 0; row < rows; row++) {
    const line = wanted[row] ?? '';
    if (line === (shown[row] ?? '')) continue;
    update += `\u001b[${row + 1};1H${line}`;
    // In the last column this would erase the character that was just written.
    if (shown.length > 0 && widthOf(line.replace(SGR, '')) < columns) update += ERASE_TO_END_OF_LINE;
  }
  return update;
}
