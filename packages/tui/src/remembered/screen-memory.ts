import { join } from 'node:path';

import { keep, readKept } from './kept-file.ts';

/** How a screen was left: words by name, such as `units` and `bits`. What they mean is the screen's. */
export type ScreenWords = Readonly<Record<string, string | boolean>>;

const VERSION = 1;

/** Keeps how the screen was left for the next start, in `screen.json` of the state directory. */
export class ScreenMemory {
  readonly #path: string;

  constructor(directory: string) {
    this.#path = join(directory, 'screen.json');
  }

  /** What was kept last; nothing where there is no such file, or it is torn or another program's. */
  recall(): ScreenWords {
    try {
      const kept: unknown = JSON.parse(readKept(this.#path) ?? 'null');
      if (typeof kept !== 'object' || kept === null || !('v' in kept) || kept.v !== VERSION) return {};
      const words = Object.entries(kept).filter(
        (entry): entry is [string, string | boolean] =>
          typeof entry[1] === 'string' || typeof entry[1] === 'boolean',
      );
      return Object.fromEntries(words);
    } catch {
      return {};
    }
  }

  remember(words: ScreenWords): void {
    keep(this.#path, `${JSON.stringify({ v: VERSION, ...words })}\n`);
  }
}
