import type { GraphQuantity, View } from '../../input/view.ts';
import { dataRate, duration, rateUnit, si } from '../../text/format.ts';
import type { Glyphs } from '../../text/glyphs.ts';
import { justified, type Line, left, right, span } from '../../text/line.ts';
import type { FilterRow } from './filter-rows.ts';
import { peakOf } from './sparkline.ts';

const AXIS = 8;
/** The fewest lines that make a graph: a title, six of it, the time axis. */
export const GRAPH_MIN_ROWS = 8;

export interface GraphOptions {
  readonly view: View;
  readonly glyphs: Glyphs;
  readonly until: number;
  readonly columns: number;
  readonly rows: number;
}

/** The graph of one filter: a title with peak and mean, a labelled scale from 0, and a time axis. */
export function graph(row: FilterRow, options: GraphOptions): Line[] {
  const { view, glyphs, until, columns, rows } = options;
  // Even, so that the middle of the scale is the edge of a cell.
  const height = Math.max(2, (rows - 2) & ~1);
  const cells = Math.max(1, columns - AXIS - 2);
  const cellMs = cellDuration(view.span, cells);
  const values = seriesOf(row, view.graph, until, cellMs, cells);
  const known = [...values].filter((value) => !Number.isNaN(value));
  const peak = peakOf(values);
  const top = roundUp(peak);
  const mean = known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length;
  const write = (value: number): string => written(value, view.graph, view);
  const perS = view.graph === 'size' ? ' B' : '/s';
  const title = justified(
    [span(' '), span(row.name, 'title'), span(`  ${quantityName(view)}`)],
    [span(`peak ${write(peak)}${perS}`, 'dim'), span(`mean ${write(mean)}${perS}`, 'dim')],
    columns,
  );
  const lines: Line[] = [title];
  for (let line = 0; line < height; line++) {
    const fromBottom = height - 1 - line;
    const label =
      line === 0
        ? write(top)
        : line === height >> 1 && height > 4
          ? write((top * (fromBottom + 1)) / height)
          : '';
    const text = Array.from(values, (value) => cellGlyph(value, top, fromBottom, height, glyphs)).join('');
    lines.push([
      span(right(label, AXIS), 'dim'),
      span(label === '' ? glyphs.vertical : glyphs.tick, 'dim'),
      span(text, 'accent'),
    ]);
  }
  lines.push(timeAxis(cellMs, cells, glyphs));
  return lines;
}

/** Seconds or tens of seconds a cell; the hour takes as many as make it fit. */
function cellDuration(spanOption: View['span'], cells: number): number {
  switch (spanOption) {
    case 'seconds':
      return 1_000;
    case 'minutes':
      return 10_000;
    case 'hour':
      return Math.max(1, Math.ceil(360 / cells)) * 10_000;
  }
}

function seriesOf(
  row: FilterRow,
  quantity: GraphQuantity,
  until: number,
  cellMs: number,
  cells: number,
): Float64Array {
  if (row.history === null) return new Float64Array(cells).fill(Number.NaN);
  const bits = row.history.series('bits', until, cellMs, cells);
  if (quantity === 'bits') return bits;
  const packets = row.history.series('packets', until, cellMs, cells);
  if (quantity === 'packets') return packets;
  return bits.map((value, index) => (packets[index]! > 0 ? value / 8 / packets[index]! : Number.NaN));
}

function quantityName(view: View): string {
  switch (view.graph) {
    case 'bits':
      return rateUnit(view.units) === 'b/s' ? 'bits per second' : 'bytes per second';
    case 'packets':
      return 'packets per second';
    case 'size':
      return 'average packet size in bytes';
  }
}

function written(value: number, quantity: GraphQuantity, view: View): string {
  switch (quantity) {
    case 'bits':
      return `${dataRate(value, view.units, false)}${rateUnit(view.units)}`.replace('/s', '');
    case 'packets':
      return si(value);
    case 'size':
      return value.toFixed(0);
  }
}

/** The next of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten, so that the scale stays while the traffic moves a little. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((candidate) => candidate * power >= value * 0.999999);
  return (step ?? 10) * power;
}

function cellGlyph(value: number, top: number, fromBottom: number, height: number, glyphs: Glyphs): string {
  if (Number.isNaN(value)) return ' ';
  const steps = glyphs.heights.length;
  const filled = Math.round((value / top) * height * steps);
  const here = (value > 0 ? Math.max(1, filled) : 0) - fromBottom * steps;
  if (here <= 0) return ' ';
  return glyphs.heights[Math.min(steps, here) - 1]!;
}

function timeAxis(cellMs: number, cells: number, glyphs: Glyphs): Line {
  const start = `${duration(cellMs * cells)} ago`;
  const gap = Math.max(1, cells - start.length - 'now'.length - 3);
  return [
    span(' '.repeat(AXIS)),
    span(left(`${glyphs.corner} ${start} ${glyphs.horizontal.repeat(gap)} now`, cells + 1), 'dim'),
  ];
}
