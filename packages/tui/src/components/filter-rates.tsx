import type { ReactElement } from 'react';

import type { View } from '../input/view.ts';
import type { FilterRow } from '../shown/filter-rows.ts';
import { amount, dataRate, isBinary, packets, rate } from '../text/format.ts';
import type { Glyphs } from '../text/glyphs.ts';
import { type Line, left, right, type Span, type Style, span, widthOf } from '../text/line.ts';
import { peakOf, sparkline, sparklineCells } from '../text/sparkline.ts';
import { Rows } from './rows.tsx';

export interface FilterRatesProps {
  readonly filters: readonly FilterRow[];
  readonly view: View;
  readonly glyphs: Glyphs;
  /** End of the sparklines, milliseconds since the epoch. */
  readonly until: number;
  readonly columns: number;
  /** With the heading. */
  readonly rows: number;
  /** Index of the first filter that is seen. */
  readonly top: number;
  /** Colours of filters that are beyond a limit, by id. */
  readonly alarms: ReadonlyMap<string, Style>;
}

/** Space, sign of the selection, space. */
const SELECTION = 3;
const MIN_NAME = 12;
const NAME = 20;
const MAX_NAME = 40;

/** The columns in their order, and what they are called. */
type Column = 'rate' | 'packets' | 'in' | 'out' | 'peak' | 'trend' | 'total' | 'average';

const HEADINGS: Readonly<Record<Column, string>> = {
  rate: 'RATE',
  packets: 'PKT/s',
  in: 'IN',
  out: 'OUT',
  peak: 'PEAK',
  trend: 'LAST 60 s',
  total: 'TOTAL',
  average: 'AVG',
};

/** A row a filter, the rate first: a heading and the filters from `top` on. */
export function FilterRates(props: FilterRatesProps): ReactElement {
  return <Rows lines={filterRates(props)} rows={props.rows} />;
}

function filterRates(props: FilterRatesProps): Line[] {
  const cells = props.filters.map((row) => numbersOf(row, props));
  const widths = columnsThatFit(cells, props);
  const shown = props.filters.slice(props.top, props.top + props.rows - 1);
  return [
    heading(widths),
    ...shown.map((row, index) =>
      filterLine(row, props.top + index, cells[props.top + index]!, widths, props),
    ),
  ];
}

type Cells = Readonly<Record<Exclude<Column, 'trend'>, string>>;

function numbersOf(row: FilterRow, { view }: FilterRatesProps): Cells {
  const { units, exact } = view;
  const { totals, bitsPerS, packetsPerS, peak, directions } = row;
  const quiet = bitsPerS === 0 && packetsPerS === 0;
  const mean =
    totals === null || totals.packets === 0n ? null : Number(totals.bytes) / Number(totals.packets);
  return {
    rate: quiet ? 'quiet' : bitsPerS === null ? '-' : rate(bitsPerS, units, exact),
    packets: quiet ? '' : packetsPerS === null ? '-' : packets(packetsPerS, exact),
    in: quiet || directions === null ? '' : dataRate(directions.inBitsPerS, units, exact),
    out: quiet || directions === null ? '' : dataRate(directions.outBitsPerS, units, exact),
    peak: peak === null || peak.bitsPerS === 0 ? '' : dataRate(peak.bitsPerS, units, exact),
    total: totals === null ? '-' : amount(totals.bytes, units, exact),
    average: mean === null ? '' : mean.toFixed(0),
  };
}

type Widths = ReadonlyMap<Column | 'name', number>;

/** Short numbers have fixed places; every digit takes what it takes, and what is less important makes room. */
function columnsThatFit(cells: readonly Cells[], { filters, view, columns }: FilterRatesProps): Widths {
  const short: Cells = {
    rate: isBinary(view.units) ? '85.2Mib/s' : '85.2Mb/s',
    packets: '10.3k',
    in: '49.2Mi',
    out: '49.2Mi',
    peak: isBinary(view.units) ? '1023Mi' : '49.2M',
    total: isBinary(view.units) ? '1023GiB' : '21.9GB',
    average: '1500',
  };
  const widthOfColumn = (column: Exclude<Column, 'trend'>): number => {
    const least = Math.max(short[column].length, HEADINGS[column].length);
    const widest = view.exact ? Math.max(...cells.map((row) => row[column].length), 0) : 0;
    return Math.max(least, widest) + 2;
  };
  const longest = Math.max(0, ...filters.map(({ name }) => widthOf(name))) + 1;
  const name = Math.min(MAX_NAME, Math.max(MIN_NAME, longest));
  const widths = new Map<Column, number>([['rate', widthOfColumn('rate')]]);
  const rest = (): number =>
    columns - SELECTION - [...widths.values()].reduce((sum, width) => sum + width, 0);
  const add = (wish: readonly (readonly [Column, number])[], least: number): void => {
    const before = new Map(widths);
    for (const [column, width] of wish) widths.set(column, width);
    if (rest() >= least) return;
    widths.clear();
    for (const [column, width] of before) widths.set(column, width);
  };
  const trend = (cellsOfTrend: number) => [['trend', cellsOfTrend + 2] as const];
  add([['packets', widthOfColumn('packets')]], MIN_NAME);
  add([['peak', widthOfColumn('peak')]], MIN_NAME);
  add([['total', widthOfColumn('total')]], MIN_NAME);
  const enough = Math.min(name, NAME);
  add(trend(13), Math.min(enough, 16));
  add([['average', widthOfColumn('average')]], Math.min(enough, 18));
  if (filters.some(({ directions }) => directions !== null)) {
    add(
      [
        ['in', widthOfColumn('in')],
        ['out', widthOfColumn('out')],
      ],
      enough,
    );
  }
  add(trend(21), enough);
  add(trend(31), name);
  add(trend(61), name);
  return new Map<Column | 'name', number>([...widths, ['name', Math.min(rest(), Math.max(name, MIN_NAME))]]);
}

/** In the order of the headings. */
const ORDER = Object.keys(HEADINGS) as Column[];

function heading(widths: Widths): Line {
  const parts = ORDER.map((column) => {
    const width = widths.get(column);
    if (width === undefined) return '';
    return column === 'trend' ? `  ${left(HEADINGS.trend, width - 2)}` : right(HEADINGS[column], width);
  });
  return [span(' '.repeat(SELECTION) + left('FILTER', widths.get('name')!) + parts.join(''), 'dim')];
}

function filterLine(
  row: FilterRow,
  index: number,
  cells: Cells,
  widths: Widths,
  { view, glyphs, until, alarms }: FilterRatesProps,
): Line {
  const selected = index === view.filter;
  const style: Style = selected ? 'selected' : 'plain';
  const quiet = cells.rate === 'quiet' || cells.rate === '-';
  const styles: Readonly<Record<Column, Style>> = {
    rate: alarms.get(row.id) ?? (quiet ? 'dim' : 'title'),
    packets: 'plain',
    in: 'plain',
    out: 'plain',
    peak: 'dim',
    trend: 'accent',
    total: 'plain',
    average: 'dim',
  };
  const numbers = ORDER.flatMap((column): Span[] => {
    const width = widths.get(column);
    if (width === undefined) return [];
    if (column === 'trend') return [span(`  ${trendOf(row, until, width - 2, glyphs)}`, styles.trend)];
    return [span(right(cells[column], width), styles[column])];
  });
  return [
    span(` ${selected ? glyphs.selected : ' '} `, style),
    span(left(row.name, widths.get('name')!), style),
    ...numbers,
  ];
}

function trendOf({ history }: FilterRow, until: number, width: number, glyphs: Glyphs): string {
  if (history === null) return ' '.repeat(width);
  const { cells, cellMs } = sparklineCells(width);
  const values = history.series('bits', until, cellMs, cells);
  const top = peakOf(values);
  return left(top === 0 ? '' : sparkline(values, top, glyphs), width);
}
