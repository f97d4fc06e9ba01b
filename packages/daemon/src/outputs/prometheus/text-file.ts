import { rename, rm, writeFile } from 'node:fs/promises';

import { nextSlice, slices } from './slices.ts';

/**
 * The file that node_exporter's textfile collector reads: written beside and renamed, so that it is always whole.
 *
 * @see https://github.com/prometheus/node_exporter#textfile-collector
 */
export class TextFile {
  readonly #path: string;
  /** The collector reads every name that ends in `.prom`. */
  readonly #unfinished: string;

  /** @param path - ends in `.prom` */
  constructor(path: string) {
    this.#path = path;
    this.#unfinished = `${path}.tmp`;
  }

  /** @throws the error of open(2), write(2) or rename(2), such as ENOSPC; what was there before stays */
  async write(text: Iterable<string>): Promise<void> {
    const pieces = text[Symbol.iterator]();
    try {
      await writeFile(this.#unfinished, slices(nextSlice(pieces), pieces), { mode: 0o644 });
      await rename(this.#unfinished, this.#path);
    } catch (error) {
      await rm(this.#unfinished, { force: true }).catch(() => {});
      throw error;
    }
  }

  /** Takes the file away: what it says would be taken for news. */
  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}
