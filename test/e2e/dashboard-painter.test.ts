import { EventEmitter } from 'node:events';

import headless from '@xterm/headless';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Painter, type Terminal } from '../../packages/tui/src/screens/painter.ts';
import { truncate, widthOf } from '../../packages/tui/src/text/line.ts';

/** A terminal emulator behind the little of `process.stdout` that the painter uses. */
class Emulated extends EventEmitter {
  readonly writableNeedDrain = false;
  readonly #emulator: headless.Terminal;
  #written = '';

  constructor(columns: number, rows: number) {
    super();
    this.#emulator = new headless.Terminal({ cols: columns, rows, allowProposedApi: true });
  }

  get columns(): number {
    return this.#emulator.cols;
  }

  get rows(): number {
    return this.#emulator.rows;
  }

  write(text: string): boolean {
    this.#written += text;
    return true;
  }

  resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows);
  }

  async lines(): Promise<string[]> {
    const text = this.#written;
    this.#written = '';
    await new Promise<void>((resolve) => this.#emulator.write(text, resolve));
    const { active } = this.#emulator.buffer;
    return Array.from(
      { length: this.rows },
      (_, row) => active.getLine(row)?.translateToString(true).trimEnd() ?? '',
    );
  }
}

const text = fc.oneof(
  fc.string({ maxLength: 40 }).filter((value) => /^[ -~]*$/.test(value)),
  fc.constantFrom('', ' ', 'x'.repeat(60), '機房'.repeat(9), '▁▂▃█'.repeat(12), 'Δ/s ≤64'),
);
const line = fc
  .tuple(text, fc.constantFrom('', '1', '2', '1;31'))
  .map(([value, style]) => ({ value, style }));
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ frame: fc.array(line, { maxLength: 14 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ columns: fc.integer({ min: 5, max: 60 }), rows: fc.integer({ min: 1, max: 12 }) }),
  },
);

test('whatever frames and sizes follow one another, the terminal shows the last frame and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const terminal = new Emulated(30, 8);
      const painter = new Painter(terminal as unknown as Terminal);
      painter.enter();
      let shown: readonly { value: string; style: string }[] = [];
      for (const one of steps) {
        if ('frame' in one) shown = one.frame;
        else {
          terminal.resize(one.columns, one.rows);
          painter.resize(one);
        }
        const wanted = shown.map(({ value, style }) => ({ value: truncate(value, terminal.columns), style }));
        painter.show(
          wanted.map(({ value, style }) => (style === '' ? value : `\u001b[${style}m${value}\u001b[0m`)),
        );
        const expected = Array.from({ length: terminal.rows }, (_, row) =>
          (wanted[row]?.value ?? '').trimEnd(),
        );
        expect(await terminal.lines()).toEqual(expected);
        for (const { value } of wanted) expect(widthOf(value)).toBeLessThanOrEqual(terminal.columns);
      }
    }),
    { numRuns: 200 },
  );
});
