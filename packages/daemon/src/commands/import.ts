import { readFileSync, statSync } from 'node:fs';

import { DaemonError } from '../base/daemon-error.ts';
import { whyUnreadable } from '../base/why-unreadable.ts';
import { importBpfcountdFilters } from '../config/bpfcountd-filters.ts';
import type { CommandOutput } from './count.ts';

/** A file of filters is never larger. */
const MAX_FILE_BYTES = 1 << 20;

/**
 * `ifcastd import FILE`: prints a configuration made from a filter file of bpfcountd.
 *
 * @throws DaemonError when the file cannot be read
 */
export function runImport(file: string, output: CommandOutput): void {
  const { toml, notes } = importBpfcountdFilters(readText(file));
  for (const note of notes) output.err(`ifcastd: ${file}: ${note}`);
  output.out(`# From ${JSON.stringify(file)}; "ifcastd check" says whether libpcap takes the expressions.`);
  output.out('');
  output.out(toml.trimEnd());
}

function readText(file: string): string {
  try {
    const found = statSync(file);
    if (!found.isFile() || found.size > MAX_FILE_BYTES) {
      throw new DaemonError('config', `${file} is no filter file: give a regular file of at most 1 MiB`);
    }
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof DaemonError) throw cause;
    throw new DaemonError('config', `${file} cannot be read: ${whyUnreadable(cause)}`, { cause });
  }
}
