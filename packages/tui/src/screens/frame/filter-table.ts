import type { View } from '../../input/view.ts';
import { bytes, dataRate, packets, percent, rateUnit } from '../../text/format.ts';
import type { Glyphs } from '../../text/glyphs.ts';
import { type Line, left, right, type Span, span } from '../../text/line.ts';
import type { FilterRow } from './filter-rows.ts';
import { bar, histogram, peakOf, sparkline, sparklineCells } from './sparkline.ts';
import { type TableColumns, tableColumns } from './table-columns.ts';

/** Sign of the selection, number of the filter, space. */
const SELECTION = 3;
/** Below, a bar says no more than its percentage. */
const MIN_BAR = 3;

/** What the table is drawn with. */
export interface TableOptions {
  readonly view: View;
  readonly glyphs: Glyphs;
  /** End of the sparklines, milliseconds since the epoch. */
  readonly until: number;
  readonly columns: number;
  /** 3: totals, change, sparkline and shares; 2: without the last. */
  readonly linesPerFilter: 2 | 3;
}

/** The fewest columns that the table needs. */
export const TABLE_MIN_COLUMNS = 80;

/**
 * The table of all filters: a heading and two or three lines each.
 *
 * @param buckets - headings of the size buckets
 */
export function filterTable(
  rows: readonly FilterRow[],
  buckets: readonly string[],
  options: TableOptions,
): Line[] {
  const widths = tableColumns(rows, buckets.length, options.view, options.columns);
  const lines = [heading(buckets, widths)];
  for (const [index, row] of rows.entries()) {
    lines.push(totalsLine(row, index, buckets.length, widths, options));
    if (options.view.change !== 'total') lines.push(changeLine(row, buckets.length, widths, options));
    if (options.linesPerFilter === 3) lines.push(sharesLine(row, buckets.length, widths, options));
  }
  return lines;
}

function heading(buckets: readonly string[], widths: TableColumns): Line {
  const sizes =
    widths.histogram > 0
      ? `  ${left('SIZES', widths.histogram - 2)}`
      : buckets.map((label) => right(label, widths.bucket)).join('');
  const average = widths.average > 0 ? right('AVG B', widths.average) : '';
  const amounts = right('PKTS', widths.packets) + right('BYTES', widths.bytes);
  return [span(left(' # FILTER', widths.label) + sizes + amounts + average, 'dim')];
}

function totalsLine(
  row: FilterRow,
  index: number,
  buckets: number,
  widths: TableColumns,
  { view, glyphs }: TableOptions,
): Line {
  const selected = index === view.filter;
  const style = selected ? 'selected' : 'title';
  const { totals } = row;
  const label: Span[] = [
    span(selected ? glyphs.selected : ' ', style),
    span(left(`${index}`, SELECTION - 1), 'dim'),
    span(`${left(row.name, widths.label - SELECTION - 1)} `, style),
  ];
  const sizes = sizeCells(totals?.sizes ?? null, buckets, widths, view, glyphs);
  if (totals === null)
    return [...label, span(sizes, 'dim'), span(amountCells(null, null, widths, view), 'dim')];
  return [...label, span(sizes), span(amountCells(totals.packets, totals.bytes, widths, view))];
}

function changeLine(
  row: FilterRow,
  buckets: number,
  widths: TableColumns,
  { view, glyphs, until }: TableOptions,
): Line {
  const rate = view.change === 'rate';
  const word = rate ? `${glyphs.delta}/s` : glyphs.delta;
  const room = widths.label - SELECTION - word.length - 1;
  const { change, bitsPerS, packetsPerS } = row;
  const sizes =
    change === null || !rate
      ? (change?.sizes ?? null)
      : change.sizes.map((size) => Number(size) / (change.ms / 1000));
  const everyPacket = rate ? packetsPerS : (change?.packets ?? null);
  const everyByte = rate ? bitsPerS && bitsPerS / 8 : (change?.bytes ?? null);
  return [
    span(' '.repeat(SELECTION)),
    span(`${left(scaleOf(series(row, until, widths), view, room), room)} ${word}`, 'dim'),
    span(sizeCells(sizes, buckets, widths, view, glyphs), 'accent'),
    span(amountCells(everyPacket, everyByte, widths, view), 'accent'),
  ];
}

function sharesLine(
  row: FilterRow,
  buckets: number,
  widths: TableColumns,
  { view, glyphs, until }: TableOptions,
): Line {
  const values = series(row, until, widths);
  const line = sparkline(values, peakOf(values), glyphs);
  const { totals, bitsPerS } = row;
  const shares =
    widths.histogram > 0
      ? ' '.repeat(widths.histogram)
      : Array.from({ length: buckets }, (_, index) => {
          const size = totals?.sizes[index];
          if (totals == null || size === undefined) return right('-', widths.bucket);
          return shareCell(size, totals.packets, widths, glyphs);
        }).join('');
  const rate =
    bitsPerS === null ? '-' : `${dataRate(bitsPerS, view.units, view.exact)} ${rateUnit(view.units)}`;
  return [
    span(' '.repeat(SELECTION)),
    span(left(line, widths.label - SELECTION), 'accent'),
    span(shares, 'dim'),
    span(right(view.exact ? rate : rate.replace(' ', ''), widths.packets + widths.bytes), 'title'),
  ];
}

/** What the top of the sparkline stands for, as exactly as there is room for. */
function scaleOf(values: ArrayLike<number>, view: View, room: number): string {
  const top = peakOf(values);
  if (top === 0) return '';
  const scale = dataRate(top, view.units, false);
  const rounded = scale.replace(/^[\d.]+/, (digits) => Math.ceil(Number(digits)).toString());
  return [`max ${scale}`, `max ${rounded}`, scale].find((text) => text.length <= room) ?? '';
}

function series(row: FilterRow, until: number, widths: TableColumns): ArrayLike<number> {
  if (row.history === null) return [];
  const { cells, cellMs } = sparklineCells(widths.label - SELECTION);
  return row.history.series('bits', until, cellMs, cells);
}

function sizeCells(
  sizes: readonly (number | bigint)[] | null,
  buckets: number,
  widths: TableColumns,
  view: View,
  glyphs: Glyphs,
): string {
  if (widths.histogram > 0) return `  ${left(histogram(sizes ?? [], glyphs), widths.histogram - 2)}`;
  return Array.from({ length: buckets }, (_, index) => {
    const size = sizes?.[index];
    return right(size === undefined ? '-' : packets(size, view.exact), widths.bucket);
  }).join('');
}

function amountCells(
  count: number | bigint | null,
  amount: number | bigint | null,
  widths: TableColumns,
  view: View,
): string {
  const mean =
    count === null || amount === null || Number(count) === 0 ? null : Number(amount) / Number(count);
  return (
    right(count === null ? '-' : packets(count, view.exact), widths.packets) +
    right(amount === null ? '-' : bytes(amount, view.units, view.exact), widths.bytes) +
    (widths.average === 0 ? '' : right(mean === null ? '-' : mean.toFixed(0), widths.average))
  );
}

function shareCell(size: bigint, all: bigint, widths: TableColumns, glyphs: Glyphs): string {
  const text = percent(size, all);
  const cells = widths.bucket - 6;
  if (cells < MIN_BAR || all === 0n) return right(text, widths.bucket);
  return ` ${bar(Number(size) / Number(all), cells, glyphs)}${right(text, 5)}`;
}
