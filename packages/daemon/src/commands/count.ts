import { encodeMessage, type Stats, sizeBucketLabels } from '@ifcast/protocol';
import { printable } from '../base/log.ts';
import type { CaptureFilter } from '../capture/capture-source.ts';
import { countFiles } from '../capture/file/count-file.ts';
import { statsMessage } from '../outputs/mqtt/messages.ts';

export interface CountOptions {
  /** Counted together, each only once; `-` for standard input. */
  readonly files: readonly string[];
  readonly filters: readonly CaptureFilter[];
  /** Ascending inclusive upper bounds, in bytes. */
  readonly sizeUpperBounds: readonly number[];
  /** One `stats` message instead of a table. */
  readonly json: boolean;
}

/** Where a command writes; each call is one line without its newline. */
export interface CommandOutput {
  out(line: string): void;
  err(line: string): void;
}

/**
 * `ifcastd count`: counts capture files and prints a table, or one `stats` message.
 *
 * @returns whether all of them could be read to their end
 * @throws DaemonError when none can be opened or a filter is refused
 */
export async function runCount(options: CountOptions, output: CommandOutput): Promise<boolean> {
  const { start, end, damages, notes } = await countFiles(
    options.files,
    options.filters,
    options.sizeUpperBounds,
  );
  const stats = statsMessage(end, start, 1);
  if (options.json) output.out(encodeMessage(stats));
  else for (const line of table(stats, options.sizeUpperBounds)) output.out(line);
  for (const line of [...notes, ...damages]) output.err(`ifcastd: ${printable(line)}`);
  return damages.length === 0;
}

function table(stats: Stats, bounds: readonly number[]): string[] {
  const rows = [
    ['FILTER', 'PACKETS', 'BYTES', ...sizeBucketLabels(bounds)],
    ...stats.filters.map((filter) => [
      filter.id,
      ...[filter.packets_total, filter.bytes_total, ...filter.sizes_total].map(String),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
}
