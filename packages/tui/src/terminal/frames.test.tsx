/** What Ink writes, in a terminal emulator: whatever frames and sizes follow one another, the last frame is on the screen. */
import headless from '@xterm/headless';
import fc from 'fast-check';
import { Box, render } from 'ink';
import { createElement, type ReactElement } from 'react';
import { expect, test } from 'vitest';

import { DrawingContext } from '../components/drawing-context.ts';
import { Rows } from '../components/rows.tsx';
import { type Line, type Style, span, truncate, widthOf } from '../text/line.ts';
import { DARK, toText } from '../theme/palette.ts';
import { TerminalInput } from './terminal-input.ts';
import { TerminalOutput } from './terminal-output.ts';

const RUNS = 60;
const AUTOWRAP_OFF = '\u001b[?7l';

/** A terminal emulator and the frames that Ink draws on it. */
class Emulated {
  readonly #emulator: headless.Terminal;
  readonly #output: TerminalOutput;
  readonly #ink: ReturnType<typeof render>;
  #written: Uint8Array[] = [];

  constructor(columns: number, rows: number) {
    const emulator = new headless.Terminal({
      cols: columns,
      rows,
      allowProposedApi: true,
      // As the line discipline of a terminal does it (ONLCR).
      convertEol: true,
    });
    this.#emulator = emulator;
    const written = (bytes: Uint8Array): void => void this.#written.push(bytes.slice());
    this.#output = new TerminalOutput({
      get columns() {
        return emulator.cols;
      },
      get rows() {
        return emulator.rows;
      },
      write(bytes) {
        written(bytes);
        return bytes.byteLength;
      },
    });
    this.#output.write(AUTOWRAP_OFF);
    this.#ink = render(null, {
      stdout: this.#output as unknown as NodeJS.WriteStream,
      stdin: new TerminalInput({} as never) as unknown as NodeJS.ReadStream,
      alternateScreen: true,
      incrementalRendering: true,
      interactive: true,
      patchConsole: false,
      isScreenReaderEnabled: false,
      maxFps: 1_000,
    });
  }

  get columns(): number {
    return this.#emulator.cols;
  }

  get rows(): number {
    return this.#emulator.rows;
  }

  resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows);
    this.#output.resize(this.#ink);
  }

  show(lines: readonly Line[]): void {
    this.#ink.rerender(
      createElement(
        DrawingContext,
        { value: { palette: DARK, ascii: false } },
        createElement(
          Box,
          { width: this.columns, height: this.rows },
          createElement(Rows, { lines, rows: this.rows }),
        ),
      ) as ReactElement,
    );
  }

  async screen(): Promise<string[]> {
    await this.#ink.waitUntilRenderFlush();
    this.#output.flush();
    const bytes = Buffer.concat(this.#written);
    this.#written = [];
    await new Promise<void>((resolve) => this.#emulator.write(bytes, resolve));
    const { active } = this.#emulator.buffer;
    return Array.from(
      { length: this.rows },
      (_, row) =>
        active
          .getLine(active.baseY + row)
          ?.translateToString(true, 0, this.columns)
          .trimEnd() ?? '',
    );
  }

  cell(column: number, row: number): string {
    return this.#emulator.buffer.active.getLine(row)?.getCell(column)?.getChars() ?? '';
  }

  close(): void {
    this.#ink.unmount();
    this.#emulator.dispose();
  }
}

const text = fc.oneof(
  fc.string({ maxLength: 40 }).filter((value) => /^[ -~]*$/.test(value)),
  fc.constantFrom('', ' ', 'x'.repeat(60), '機房'.repeat(9), '▁▂▃█'.repeat(12), 'Δ/s ≤64'),
);
const style = fc.constantFrom<Style>('plain', 'title', 'dim', 'bad', 'selected');
const line = fc.array(fc.record({ text, style }), { maxLength: 3 });
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ frame: fc.array(line, { maxLength: 14 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ columns: fc.integer({ min: 5, max: 60 }), rows: fc.integer({ min: 1, max: 12 }) }),
  },
);

function cut(spans: readonly { text: string; style: Style }[], columns: number): Line {
  let rest = columns;
  return spans.map((one) => {
    const short = truncate(one.text, Math.max(0, rest));
    rest -= widthOf(short);
    return span(short, one.style);
  });
}

test('whatever frames and sizes follow one another, the terminal shows the last frame and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const terminal = new Emulated(30, 8);
      let frame: readonly (readonly { text: string; style: Style }[])[] = [];
      for (const one of steps) {
        if ('frame' in one) frame = one.frame;
        else terminal.resize(one.columns, one.rows);
        const lines = frame.map((spans) => cut(spans, terminal.columns));
        terminal.show(lines);
        const expected = Array.from({ length: terminal.rows }, (_, row) =>
          toText(lines[row] ?? []).trimEnd(),
        );
        expect(await terminal.screen()).toEqual(expected);
      }
      terminal.close();
    }),
    { numRuns: RUNS },
  );
}, 60_000);

test.each(['नमस्ते दुनिया', '👩‍👩‍👧 family', '🏳️‍🌈🇩🇪', 'é̂ combining', '機房 server room'])(
  'after a name such as %s the next column stands where it should',
  async (name) => {
    const terminal = new Emulated(40, 3);
    terminal.show([
      [span(' '), span(name, 'title'), span(' '.repeat(30 - widthOf(name))), span('123', 'dim')],
    ]);
    const [shown] = await terminal.screen();
    // The cells of a name are the terminal's; the column of what follows is ours.
    expect(shown?.endsWith('123')).toBe(true);
    const line = terminal.cell(31, 0) + terminal.cell(32, 0) + terminal.cell(33, 0);
    expect(line).toBe('123');
    terminal.close();
  },
);
