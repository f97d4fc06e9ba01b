import type { View } from '../view.ts';
import type { FilterRow } from './filter-rows.ts';
import { bytes, dataRate, exact, packets, percent, rateUnit } from './format.ts';
import type { Glyphs } from './glyphs.ts';
import { type Line, left, right, type Span, span } from './line.ts';
import { bar, peakOf, sparkline, sparklineCells } from './sparkline.ts';

/** Widths in columns; each with the space before it. */
interface Columns {
  readonly label: number;
  readonly bucket: number;
  /** How many buckets have a column; the others are in the sizes pane. */
  readonly buckets: number;
  readonly packets: number;
  readonly bytes: number;
  /** 0: there is no such column. */
  readonly average: number;
}

const MIN_LABEL = 16;
const MAX_LABEL = 34;
const SELECTION = 3;

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

/** The table of all filters: a heading and two or three lines each. */
export function filterTable(
  rows: readonly FilterRow[],
  buckets: readonly string[],
  options: TableOptions,
): Line[] {
  const widths = columnWidths(rows, buckets.length, options);
  const lines = [heading(buckets, widths)];
  for (const [index, row] of rows.entries()) {
    lines.push(totalsLine(row, index, widths, options));
    if (options.view.change !== 'total') lines.push(changeLine(row, widths, options));
    if (options.linesPerFilter === 3) lines.push(sharesLine(row, widths, options));
  }
  return lines;
}

function columnWidths(rows: readonly FilterRow[], buckets: number, options: TableOptions): Columns {
  const { view, columns } = options;
  const digits = (values: readonly bigint[]): number =>
    view.exact ? Math.max(0, ...values.map((value) => exact(value).length)) + 2 : 0;
  const totals = rows.flatMap((row) => (row.totals === null ? [] : [row.totals]));
  const binary = view.units.endsWith('iec') ? 1 : 0;
  const least = {
    label: MIN_LABEL - binary,
    bucket: Math.max(7, digits(totals.flatMap(({ sizes }) => sizes))),
    packets: Math.max(7, digits(totals.map((total) => total.packets))),
    bytes: Math.max(8 + binary, digits(totals.map((total) => total.bytes))),
  };
  const room = columns - least.label - least.packets - least.bytes;
  const shown = Math.min(buckets, Math.max(0, Math.floor(room / least.bucket)));
  let extra = room - shown * least.bucket;
  const average = extra >= 8 ? 8 : 0;
  extra -= average;
  const widen = Math.min(3, Math.floor(extra / (shown + 3)));
  extra -= widen * (shown + (average > 0 ? 3 : 2));
  return {
    label: Math.min(MAX_LABEL, least.label + extra),
    bucket: least.bucket + widen,
    buckets: shown,
    packets: least.packets + widen,
    bytes: least.bytes + widen,
    average: average === 0 ? 0 : average + widen,
  };
}

function heading(buckets: readonly string[], widths: Columns): Line {
  const cells = buckets.slice(0, widths.buckets).map((label) => right(label, widths.bucket));
  const average = widths.average > 0 ? right('AVG B', widths.average) : '';
  return [
    span(left(' # FILTER', widths.label) + cells.join(''), 'dim'),
    span(right('PKTS', widths.packets) + right('BYTES', widths.bytes) + average, 'dim'),
  ];
}

function totalsLine(row: FilterRow, index: number, widths: Columns, { view, glyphs }: TableOptions): Line {
  const selected = index === view.filter;
  const style = selected ? 'selected' : 'title';
  const label: Span[] = [
    span(selected ? glyphs.selected : ' ', style),
    span(left(`${index}`, 2), 'dim'),
    span(`${left(row.name, widths.label - SELECTION - 1)} `, style),
  ];
  if (row.totals === null) return [...label, ...absent(widths)];
  const { sizes, packets: all, bytes: amount } = row.totals;
  return [
    ...label,
    span(
      sizes
        .slice(0, widths.buckets)
        .map((size) => right(packets(size, view.exact), widths.bucket))
        .join(''),
    ),
    span(
      right(packets(all, view.exact), widths.packets) +
        right(bytes(amount, view.units, view.exact), widths.bytes),
    ),
    span(averageCell(Number(amount), Number(all), widths)),
  ];
}

function changeLine(row: FilterRow, widths: Columns, { view, glyphs, until }: TableOptions): Line {
  const rate = view.change === 'rate';
  const word = rate ? `${glyphs.delta}/s` : glyphs.delta;
  const top = peakOf(series(row, until, widths.label));
  // The scale of the sparkline below.
  const peak = dataRate(top, view.units, false);
  const scale = top === 0 ? '' : peak.length > 5 ? `max${peak}` : `max ${peak}`;
  const label: Span[] = [
    span(' '.repeat(SELECTION)),
    span(left(scale, widths.label - SELECTION - word.length - 1), 'dim'),
    span(` ${word}`, 'dim'),
  ];
  const { change } = row;
  const perUnit = (value: bigint): number | bigint =>
    rate && change ? Number(value) / (change.ms / 1000) : value;
  const everyPacket = rate ? row.packetsPerS : (change?.packets ?? null);
  const everyByte = rate ? bytesPerS(row) : (change?.bytes ?? null);
  const sizes = change === null ? null : change.sizes.map(perUnit);
  const cells = Array.from({ length: widths.buckets }, (_, index) => {
    const size = sizes?.[index];
    return right(size === undefined ? '-' : packets(size, view.exact), widths.bucket);
  });
  return [
    ...label,
    span(cells.join(''), 'accent'),
    span(right(everyPacket === null ? '-' : packets(everyPacket, view.exact), widths.packets), 'accent'),
    span(right(everyByte === null ? '-' : bytes(everyByte, view.units, view.exact), widths.bytes), 'accent'),
    span(averageCell(Number(everyByte ?? 0), Number(everyPacket ?? 0), widths), 'accent'),
  ];
}

function sharesLine(row: FilterRow, widths: Columns, { view, glyphs, until }: TableOptions): Line {
  const values = series(row, until, widths.label);
  const line = sparkline(values, peakOf(values), glyphs);
  const { totals, bitsPerS } = row;
  const cells = Array.from({ length: widths.buckets }, (_, index) => {
    const size = totals?.sizes[index];
    return totals == null || size === undefined
      ? right('-', widths.bucket)
      : share(size, totals.packets, widths, glyphs);
  });
  const rate =
    bitsPerS === null ? '-' : `${dataRate(bitsPerS, view.units, view.exact)}${rateUnit(view.units)}`;
  return [
    span(' '.repeat(SELECTION)),
    span(left(line, widths.label - SELECTION), 'accent'),
    span(cells.join(''), 'dim'),
    span(right(rate, widths.packets + widths.bytes), 'title'),
  ];
}

function share(size: bigint, all: bigint, widths: Columns, glyphs: Glyphs): string {
  const text = percent(size, all);
  const cells = widths.bucket - 6;
  if (cells < 3 || all === 0n) return right(text, widths.bucket);
  return ` ${bar(Number(size) / Number(all), cells, glyphs)}${right(text, 5)}`;
}

function series(row: FilterRow, until: number, labelWidth: number): ArrayLike<number> {
  if (row.history === null) return [];
  const { cells, cellMs } = sparklineCells(labelWidth - SELECTION);
  return row.history.series('bits', until, cellMs, cells);
}

function bytesPerS({ bitsPerS }: FilterRow): number | null {
  return bitsPerS === null ? null : bitsPerS / 8;
}

function averageCell(amount: number, count: number, widths: Columns): string {
  if (widths.average === 0) return '';
  return right(count === 0 ? '-' : (amount / count).toFixed(0), widths.average);
}

function absent(widths: Columns): Line {
  const cells = right('-', widths.bucket).repeat(widths.buckets);
  const average = widths.average > 0 ? right('-', widths.average) : '';
  return [span(cells + right('-', widths.packets) + right('-', widths.bytes) + average, 'dim')];
}
