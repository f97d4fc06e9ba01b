import type { ReactElement } from 'react';

import type { View } from '../input/view.ts';
import type { FilterRow } from '../shown/filter-rows.ts';
import { bytes, packets, percent } from '../text/format.ts';
import type { Glyphs } from '../text/glyphs.ts';
import { type Line, left, right, type Span, span } from '../text/line.ts';
import { bar, histogram, peakOf, sparkline, sparklineCells } from '../text/sparkline.ts';
import { Rows } from './rows.tsx';
import { type TableColumns, tableColumns } from './table-columns.ts';

/** Sign of the selection, number of the filter, space. */
const SELECTION = 3;
/** Below, a bar says no more than its percentage. */
const MIN_BAR = 3;

/** What the table is drawn with. */
export interface FilterTableProps {
  readonly filters: readonly FilterRow[];
  /** Headings of the size buckets. */
  readonly labels: readonly string[];
  readonly view: View;
  readonly glyphs: Glyphs;
  /** End of the sparklines, milliseconds since the epoch. */
  readonly until: number;
  readonly columns: number;
  /** With the heading. */
  readonly rows: number;
  /** Index of the first filter that is seen. */
  readonly top: number;
  /** Totals; their change; sparkline and shares. */
  readonly linesPerFilter: 1 | 2 | 3;
}

/** The fewest columns that the table needs. */
export const TABLE_MIN_COLUMNS = 80;

/** The table of all filters: a heading and up to three lines each. Data is in bytes, as it is counted. */
export function FilterTable(props: FilterTableProps): ReactElement {
  return <Rows lines={filterTable(props)} rows={props.rows} />;
}

function filterTable(props: FilterTableProps): Line[] {
  const { filters, labels, view, columns, rows, top, linesPerFilter } = props;
  const widths = tableColumns(filters, labels.length, view, columns);
  const lines = [heading(labels, widths)];
  const seen = Math.max(1, Math.floor((rows - 1) / linesPerFilter));
  for (const [offset, row] of filters.slice(top, top + seen).entries()) {
    lines.push(totalsLine(row, top + offset, labels.length, widths, props));
    if (view.mode !== 'total' && linesPerFilter > 1)
      lines.push(changeLine(row, labels.length, widths, props));
    if (linesPerFilter === (view.mode === 'total' ? 2 : 3))
      lines.push(sharesLine(row, labels.length, widths, props));
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
  { view, glyphs }: FilterTableProps,
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
  { view, glyphs }: FilterTableProps,
): Line {
  const perS = view.mode === 'table';
  const { change, bitsPerS, packetsPerS } = row;
  const sizes =
    change === null || !perS
      ? (change?.sizes ?? null)
      : change.sizes.map((size) => Number(size) / (change.ms / 1000));
  const everyPacket = perS ? packetsPerS : (change?.packets ?? null);
  const everyByte = perS ? bitsPerS && bitsPerS / 8 : (change?.bytes ?? null);
  return [
    span(' '.repeat(SELECTION)),
    span(left(perS ? 'change/s' : 'change', widths.label - SELECTION), 'dim'),
    span(sizeCells(sizes, buckets, widths, view, glyphs), 'accent'),
    span(amountCells(everyPacket, everyByte, widths, view), 'accent'),
  ];
}

function sharesLine(
  row: FilterRow,
  buckets: number,
  widths: TableColumns,
  { view, glyphs, until }: FilterTableProps,
): Line {
  const values = series(row, until, widths);
  const top = peakOf(values);
  const { totals } = row;
  const shares =
    widths.histogram > 0
      ? ' '.repeat(widths.histogram)
      : Array.from({ length: buckets }, (_, index) => {
          const size = totals?.sizes[index];
          if (totals == null || size === undefined) return right('-', widths.bucket);
          return shareCell(size, totals.packets, widths, glyphs);
        }).join('');
  // The height of the sparkline, in what the table is in.
  const scale = top === 0 ? '' : `max ${bytes(top / 8, view.units, false)}/s`;
  return [
    span(' '.repeat(SELECTION)),
    span(left(top === 0 ? '' : sparkline(values, top, glyphs), widths.label - SELECTION), 'accent'),
    span(shares, 'dim'),
    span(right(scale, widths.packets + widths.bytes), 'dim'),
  ];
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
