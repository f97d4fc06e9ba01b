import type { ReactElement } from 'react';

import type { FilterRow } from '../shown/filter-rows.ts';
import { bytes, packets } from '../text/format.ts';
import { type Line, left, right, type Span, span, widthOf } from '../text/line.ts';
import { histogram } from '../text/sparkline.ts';
import type { FilterTableProps } from './filter-table.tsx';
import { Rows } from './rows.tsx';

const PACKETS = 8;
const BYTES = 9;
const MIN_NAME = 12;
const MAX_NAME = 40;
const SELECTION = 3;

/** The table of sizes where it has no room: a line a filter, and of the sizes a histogram of one cell a bucket. */
export function FilterSizes(props: Omit<FilterTableProps, 'linesPerFilter'>): ReactElement {
  return <Rows lines={filterSizes(props)} rows={props.rows} />;
}

function filterSizes(props: Omit<FilterTableProps, 'linesPerFilter'>): Line[] {
  const { filters, labels, view, glyphs, columns, rows, top } = props;
  const all = view.mode === 'total' ? ['PKTS', 'BYTES'] : changeHeadings(view.mode);
  const numbers = filters.map((row) => numbersOf(row, props));
  const allWidths = all.map((heading, index) =>
    Math.max(
      index % 2 === 0 ? PACKETS : BYTES,
      heading.length + 1,
      ...numbers.map((row) => row[index]!.length + 2),
    ),
  );
  // Where every digit takes too much room, what changes stays.
  let first = 0;
  while (first < all.length - 1 && SELECTION + MIN_NAME + sum(allWidths.slice(first)) > columns) first++;
  const headings = all.slice(first);
  const widths = allWidths.slice(first);
  const cells = numbers.map((row) => row.slice(first));
  const longest = Math.max(0, ...filters.map(({ name }) => widthOf(name))) + 1;
  const sizesWidth =
    columns - SELECTION - sum(widths) - MIN_NAME >= labels.length + 2 ? Math.max(5, labels.length) + 2 : 0;
  const name = Math.max(
    1,
    Math.min(MAX_NAME, Math.max(MIN_NAME, longest), columns - SELECTION - sum(widths) - sizesWidth),
  );
  const heading =
    ' '.repeat(SELECTION) +
    left('FILTER', name) +
    headings.map((text, index) => right(text, widths[index]!)).join('') +
    (sizesWidth > 0 ? '  SIZES' : '');
  const seen = filters.slice(top, top + rows - 1);
  return [
    [span(heading, 'dim')],
    ...seen.map((row, offset): Line => {
      const index = top + offset;
      const selected = index === view.filter;
      const style = selected ? 'selected' : 'plain';
      return [
        span(` ${selected ? glyphs.selected : ' '} `, style),
        span(left(row.name, name), style),
        ...cells[index]!.map((cell, column): Span => span(right(cell, widths[column]!))),
        span(sizesWidth > 0 ? `  ${histogram(row.totals?.sizes ?? [], glyphs)}` : '', 'accent'),
      ];
    }),
  ];
}

function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0);
}

function changeHeadings(mode: 'rates' | 'table' | 'difference'): readonly string[] {
  return mode === 'difference' ? ['PKTS', 'BYTES', 'change:', 'BYTES'] : ['PKTS', 'BYTES', 'PKT/s', 'BYTE/s'];
}

function numbersOf(row: FilterRow, { view }: Pick<FilterTableProps, 'view'>): string[] {
  const { totals, change, packetsPerS, bitsPerS } = row;
  const count = (value: number | bigint | null | undefined): string =>
    value == null ? '-' : packets(value, view.exact);
  const data = (value: number | bigint | null | undefined): string =>
    value == null ? '-' : bytes(value, view.units, view.exact);
  const whole = [count(totals?.packets), data(totals?.bytes)];
  if (view.mode === 'total') return whole;
  if (view.mode === 'difference') return [...whole, count(change?.packets), data(change?.bytes)];
  return [...whole, count(packetsPerS), data(bitsPerS === null ? null : bitsPerS / 8)];
}
