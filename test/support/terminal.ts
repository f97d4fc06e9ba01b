/** A program in a terminal: a pseudo-terminal with an emulator at its other end. */
import { type IPty, spawn } from '@lydell/node-pty';
import headless from '@xterm/headless';

const END_OF_UPDATE = '\u001b[?2026l';
const DEADLINE_MS = 15_000;

const open = new Set<Terminal>();
process.on('exit', () => {
  for (const terminal of open) terminal.kill('SIGKILL');
});

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** How a program ended. */
export interface Ending {
  readonly exitCode: number;
  readonly signal: number;
}

export class Terminal {
  readonly #pty: IPty;
  readonly #emulator: headless.Terminal;
  readonly #changed = new Set<() => void>();
  readonly #frameListeners = new Set<(screen: readonly string[]) => void>();
  readonly ended: Promise<Ending>;
  #ending: Ending | null = null;
  #output = '';
  #parsing = 0;

  /** Starts a program on a terminal of its own. */
  constructor(file: string, args: readonly string[], options: TerminalOptions) {
    const { columns: cols, rows } = options;
    const env: Record<string, string | undefined> = { ...process.env, TERM: 'xterm-256color' };
    // What this machine says of colours and of being a CI is not what the program shall see.
    for (const name of ['NO_COLOR', 'FORCE_COLOR', 'CI']) delete env[name];
    Object.assign(env, options.env);
    this.#emulator = new headless.Terminal({ cols, rows, allowProposedApi: true, scrollback: 1_000 });
    this.#pty = spawn(file, [...args], { name: 'xterm-256color', cols, rows, env });
    this.#pty.onData((data) => this.#take(data));
    // What the program asks the terminal (its cursor's position, say) is answered as a terminal would.
    this.#emulator.onData((answer) => this.#pty.write(answer));
    this.ended = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal }) => {
        const ending = { exitCode, signal: signal ?? 0 };
        this.#ending = ending;
        open.delete(this);
        // What it wrote last is on the screen by then.
        this.#emulator.write('', () => resolve(ending));
        this.#notify();
      });
    });
    open.add(this);
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** Everything the program has written. */
  get output(): string {
    return this.#output;
  }

  /** The lines that are seen now, without spaces at their ends. */
  screen(): string[] {
    const { active } = this.#emulator.buffer;
    return Array.from({ length: this.#emulator.rows }, (_, row) =>
      (active.getLine(active.baseY + row)?.translateToString(true) ?? '').trimEnd(),
    );
  }

  /** {@link screen} as one text. */
  text(): string {
    return this.screen().join('\n');
  }

  /** The cells that are seen now. */
  get buffer(): headless.IBuffer {
    return this.#emulator.buffer.active;
  }

  /** What must be as before when the program has ended. */
  modes(): {
    alternateScreen: boolean;
    cursorHidden: boolean;
    synchronized: boolean;
    bracketedPaste: boolean;
    mouse: string;
  } {
    const { modes, buffer } = this.#emulator;
    return {
      alternateScreen: buffer.active.type === 'alternate',
      cursorHidden: this.#output.lastIndexOf('\u001b[?25l') > this.#output.lastIndexOf('\u001b[?25h'),
      synchronized: modes.synchronizedOutputMode,
      bracketedPaste: modes.bracketedPasteMode,
      mouse: modes.mouseTrackingMode,
    };
  }

  /** Calls the listener with the screen after every synchronized update. */
  onFrame(listener: (screen: readonly string[]) => void): void {
    this.#frameListeners.add(listener);
  }

  send(keys: string): void {
    this.#pty.write(keys);
  }

  /** Reads nothing more, as an SSH connection that is asleep. */
  pause(): void {
    this.#pty.pause();
  }

  resume(): void {
    this.#pty.resume();
  }

  resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  kill(signal: NodeJS.Signals): void {
    try {
      this.#pty.kill(signal);
    } catch {
      // It has ended already.
    }
  }

  /**
   * Waits until the screen is as wanted.
   *
   * @param wanted - a part of the screen's text, a pattern, or any condition
   * @throws Error with the screen when it does not become so in time, or the program ends before
   */
  async waitFor(
    wanted: string | RegExp | ((text: string) => boolean),
    deadlineMs: number = DEADLINE_MS,
  ): Promise<string> {
    const holds = (text: string): boolean =>
      typeof wanted === 'string'
        ? text.includes(wanted)
        : wanted instanceof RegExp
          ? wanted.test(text)
          : wanted(text);
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#changed.delete(look);
        settle();
      };
      const fail = (why: string): void =>
        finish(() => reject(new Error(`${why} before the screen had ${String(wanted)}:\n${this.text()}`)));
      const look = (): void => {
        const text = this.text();
        if (holds(text)) finish(() => resolve(text));
        else if (this.#ending !== null && this.#parsing === 0)
          fail(`the program ended (${JSON.stringify(this.#ending)})`);
      };
      const timer = setTimeout(() => fail(`${deadlineMs} ms passed`), deadlineMs);
      this.#changed.add(look);
      look();
    });
  }

  /** Ends the program, whatever its state. */
  async close(): Promise<void> {
    if (this.#ending === null) this.kill('SIGKILL');
    await this.ended;
    this.#emulator.dispose();
  }

  #take(data: string): void {
    this.#output += data;
    // One update at a time, to see the screen between them as a reader would.
    const pieces = data.split(END_OF_UPDATE);
    for (const [index, piece] of pieces.entries()) {
      const isUpdate = index < pieces.length - 1;
      this.#parsing++;
      this.#emulator.write(isUpdate ? piece + END_OF_UPDATE : piece, () => {
        this.#parsing--;
        if (isUpdate) for (const listener of this.#frameListeners) listener(this.screen());
        this.#notify();
      });
    }
  }

  #notify(): void {
    for (const look of [...this.#changed]) look();
  }
}
