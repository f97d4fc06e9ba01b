import { bytes, dataRate, packets, rateHeading } from '../../text/format.ts';
import { type Line, left, right, span, widthOf } from '../../text/line.ts';
import type { FilterRow } from './filter-rows.ts';
import type { TableOptions } from './filter-table.ts';
import { histogram, peakOf, sparkline, sparklineCells } from './sparkline.ts';

const PACKETS = 8;
const RATE = 9;
const BYTES = 9;
const MIN_LABEL = 12;
const MAX_LABEL = 24;
const SELECTION = 3;

/** For small screens: a heading and one line a filter, with a histogram of the sizes of one cell a bucket. */
export function filterList(
  rows: readonly FilterRow[],
  buckets: number,
  options: Omit<TableOptions, 'linesPerFilter'>,
): Line[] {
  const { view, glyphs, until, columns } = options;
  const difference = view.change === 'difference';
  const exactWidth = view.exact ? 8 : 0;
  const sizesWidth = columns >= 58 ? Math.max(5, buckets) + 2 : 0;
  const numbers = view.change === 'total' ? PACKETS + BYTES : PACKETS + RATE + BYTES;
  const wide = numbers + 2 * exactWidth;
  const rest = columns - wide - sizesWidth;
  const longest = Math.max(...rows.map(({ name }) => widthOf(name)));
  const label = Math.max(MIN_LABEL, Math.min(SELECTION + longest + 1, MAX_LABEL, rest - 9));
  const { cells, cellMs } = sparklineCells(Math.max(0, rest - label - 2));
  const room = rest - label - 2 >= cells ? cells : 0;

  const packetsWidth = PACKETS + exactWidth;
  const bytesWidth = BYTES + exactWidth;
  const numberHeadings =
    view.change === 'total'
      ? [right('PKTS', packetsWidth), right('BYTES', bytesWidth)]
      : difference
        ? [
            right(`${glyphs.delta} PKTS`, packetsWidth),
            right(`${glyphs.delta} BYTES`, RATE),
            right('BYTES', bytesWidth),
          ]
        : [right('PKT/S', packetsWidth), right(rateHeading(view.units), RATE), right('BYTES', bytesWidth)];
  const heading = [
    left(' # FILTER', label),
    ...numberHeadings,
    sizesWidth > 0 ? `  ${left('SIZES', sizesWidth - 2)}` : '',
    room > 0 ? `  ${left(room < 9 ? '60 s' : 'LAST 60 s', room)}` : '',
  ].join('');

  const lines: Line[] = [[span(heading.slice(0, columns), 'dim')]];
  for (const [index, row] of rows.entries()) {
    const selected = index === view.filter;
    const style = selected ? 'selected' : 'title';
    const values = row.history === null || room === 0 ? [] : row.history.series('bits', until, cellMs, room);
    const { totals, change } = row;
    const show = (
      value: number | bigint | null | undefined,
      format: (value: number | bigint) => string,
    ): string => (value == null ? '-' : format(value));
    const packetCount = (value: number | bigint): string => packets(value, view.exact);
    const byteCount = (value: number | bigint): string => bytes(value, view.units, view.exact);
    const numberCells =
      view.change === 'total'
        ? [right(show(totals?.packets, packetCount), packetsWidth)]
        : difference
          ? [
              right(show(change?.packets, packetCount), packetsWidth),
              right(show(change?.bytes, byteCount), RATE),
            ]
          : [
              right(show(row.packetsPerS, packetCount), packetsWidth),
              right(
                show(row.bitsPerS, (value) => dataRate(Number(value), view.units, false)),
                RATE,
              ),
            ];
    lines.push([
      span(selected ? glyphs.selected : ' ', style),
      span(left(`${index}`, 2), 'dim'),
      span(`${left(row.name, label - 3)}`, style),
      span(numberCells.join(''), view.change === 'total' ? 'plain' : 'accent'),
      span(right(show(totals?.bytes, byteCount), bytesWidth)),
      span(sizesWidth > 0 ? `  ${left(histogram(totals?.sizes ?? [], glyphs), sizesWidth - 2)}` : ''),
      span(room > 0 ? `  ${sparkline(values, peakOf(values), glyphs)}` : '', 'accent'),
    ]);
  }
  return lines;
}
