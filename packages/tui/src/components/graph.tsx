import type { ReactElement } from 'react';

import type { GraphQuantity, GraphScale, GraphSpan, View } from '../input/view.ts';
import type { FilterRow } from '../shown/filter-rows.ts';
import type { Measure } from '../store/history.ts';
import { dataRate, duration, isBits, rateUnit, si } from '../text/format.ts';
import type { Glyphs } from '../text/glyphs.ts';
import { justified, type Line, left, right, type Span, span, spread } from '../text/line.ts';
import { peakOf } from '../text/sparkline.ts';
import { roundUp, scaleTo } from './graph-scale.ts';
import { Rows } from './rows.tsx';

export interface GraphProps {
  readonly filter: FilterRow;
  readonly view: View;
  readonly glyphs: Glyphs;
  /** End of the graph, milliseconds since the epoch. */
  readonly until: number;
  readonly columns: number;
  readonly rows: number;
  /** Bits per second of the link; `null` where unknown. */
  readonly linkBitsPerS: number | null;
}

const AXIS = 7;
/** The fewest rows that make a graph: two of it and the time axis. */
export const GRAPH_MIN_ROWS = 3;
/** From here on a title has a row of its own. */
const TITLE_MIN_ROWS = 8;

/** Mean and peak of one filter over time: bars for the mean, their shadow up to the peak, a labelled scale, a time axis. */
export function Graph(props: GraphProps): ReactElement {
  return <Rows lines={graph(props)} rows={props.rows} columns={props.columns} />;
}

export function graph(props: GraphProps): Line[] {
  const { filter, view, glyphs, until, columns, rows, linkBitsPerS } = props;
  const title = rows >= TITLE_MIN_ROWS ? 1 : 0;
  const height = rows - title - 1;
  const cells = Math.max(1, columns - AXIS - 1);
  const cellMs = cellDuration(view.span, cells);
  const mean = seriesOf(filter, view.graph, 'mean', until, cellMs, cells);
  const peaks = view.graph === 'size' ? mean : seriesOf(filter, view.graph, 'peak', until, cellMs, cells);
  const largest = peakOf(peaks);
  const scale =
    view.scale === 'link' && (view.graph !== 'bits' || linkBitsPerS === null) ? 'linear' : view.scale;
  const top =
    scale === 'link'
      ? Math.max(linkBitsPerS!, largest)
      : scale === 'log'
        ? nextPower(largest)
        : roundUp(largest);
  const place = scaleTo(scale, top);
  const lines: Line[] = [];
  if (title === 1) lines.push(titleLine(props, mean, largest));
  for (let row = 0; row < height; row++) {
    const fromBottom = height - 1 - row;
    const label = labelAt(row, height, scale, top, (value) => written(value, view));
    lines.push([
      span(right(label, AXIS), 'dim'),
      span(label === '' ? glyphs.vertical : glyphs.tick, 'dim'),
      ...cellsOf(mean, peaks, place, fromBottom, height, glyphs),
    ]);
  }
  lines.push(timeAxis(view, scale, cellMs, cells, glyphs));
  return lines;
}

/** Whole seconds for a minute, tens of seconds for more: as many as make the time fit. */
function cellDuration(graphSpan: GraphSpan, cells: number): number {
  switch (graphSpan) {
    case 'minute':
      return Math.max(1, Math.ceil(60 / cells)) * 1_000;
    case 'ten-minutes':
      return Math.max(1, Math.ceil(60 / cells)) * 10_000;
    case 'hour':
      return Math.max(1, Math.ceil(360 / cells)) * 10_000;
  }
}

function seriesOf(
  { history }: FilterRow,
  quantity: GraphQuantity,
  measure: Measure,
  until: number,
  cellMs: number,
  cells: number,
): Float64Array {
  if (history === null) return new Float64Array(cells).fill(Number.NaN);
  if (quantity !== 'size') return history.series(quantity, until, cellMs, cells, measure);
  const bits = history.series('bits', until, cellMs, cells);
  const packets = history.series('packets', until, cellMs, cells);
  return bits.map((value, index) => (packets[index]! > 0 ? value / 8 / packets[index]! : Number.NaN));
}

/** The largest and the mean; what it is of, where there is room: the time axis tells it too. */
function titleLine({ view, columns }: GraphProps, mean: Float64Array, largest: number): Line {
  const known = mean.filter((value) => !Number.isNaN(value));
  const average = known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length;
  const perS = view.graph === 'size' ? ' B' : '/s';
  const numbers = [span(`mean ${written(average, view)}${perS}`, 'dim')];
  if (view.graph !== 'size') numbers.unshift(span(`peak ${written(largest, view)}${perS}`, 'dim'));
  const indent = span(' '.repeat(AXIS + 1));
  const whole = spread([indent, span(quantityName(view), 'dim')], numbers, columns - 1);
  return whole ?? justified([indent], numbers, columns - 1);
}

function quantityName({ graph: quantity, units }: View): string {
  switch (quantity) {
    case 'bits':
      return isBits(units) ? 'bits per second' : 'bytes per second';
    case 'packets':
      return 'packets per second';
    case 'size':
      return 'average packet size in bytes';
  }
}

function written(value: number, { graph: quantity, units }: View): string {
  switch (quantity) {
    case 'bits':
      return `${dataRate(value, units, false)}${rateUnit(units).replace('/s', '')}`;
    case 'packets':
      return si(value);
    case 'size':
      return value.toFixed(0);
  }
}

/** The top, the middle, and on a scale of powers of ten every power that has a row of its own. */
function labelAt(
  row: number,
  height: number,
  scale: GraphScale,
  top: number,
  write: (value: number) => string,
): string {
  if (row === 0) return write(top);
  if (scale === 'log') {
    const decades = Math.round(Math.log10(top));
    const decade = ((height - row) / height) * decades;
    const below = ((height - row - 1) / height) * decades;
    return Math.floor(decade) > Math.floor(below) || Number.isInteger(decade)
      ? write(10 ** Math.floor(decade))
      : '';
  }
  // The edge of a cell where the height is even, the middle of one where it is odd.
  return height > 3 && row === height >> 1 ? write(top / 2) : '';
}

/** The row of a graph: full cells of the mean, lighter ones up to the peak. */
function cellsOf(
  mean: Float64Array,
  peaks: Float64Array,
  place: (value: number) => number,
  fromBottom: number,
  height: number,
  glyphs: Glyphs,
): Span[] {
  const steps = glyphs.heights.length;
  const spans: Span[] = [];
  let text = '';
  let shadow = false;
  const push = (isShadow: boolean, glyph: string): void => {
    if (isShadow !== shadow && glyph !== ' ') {
      if (text !== '') spans.push(span(text, shadow ? 'dim' : 'accent'));
      text = '';
      shadow = isShadow;
    }
    text += glyph;
  };
  for (let cell = 0; cell < mean.length; cell++) {
    const filled = stepsOf(place(mean[cell]!), height, steps) - fromBottom * steps;
    const shaded = stepsOf(place(peaks[cell]!), height, steps) - fromBottom * steps;
    if (filled > 0) push(false, glyphs.heights[Math.min(steps, filled) - 1]!);
    else if (shaded > steps >> 1) push(true, glyphs.shadow);
    else push(false, ' ');
  }
  spans.push(span(text, shadow ? 'dim' : 'accent'));
  return spans;
}

/** What is not 0 is never drawn as nothing. */
function stepsOf(share: number, height: number, steps: number): number {
  if (!(share > 0)) return 0;
  return Math.max(1, Math.round(Math.min(1, share) * height * steps));
}

function nextPower(value: number): number {
  return value <= 10 ? 10 : 10 ** Math.ceil(Math.log10(value) - 1e-9);
}

function timeAxis(view: View, scale: GraphScale, cellMs: number, cells: number, glyphs: Glyphs): Line {
  const start = `${duration(cellMs * cells)} ago`;
  const quantity = { bits: rateUnit(view.units), packets: 'packets/s', size: 'bytes' }[view.graph];
  const what = scale === 'linear' ? quantity : `${quantity}, ${scale}`;
  const gap = cells - start.length - what.length - 'now'.length - 5;
  const line =
    gap >= 2
      ? `${start} ${glyphs.horizontal.repeat(gap >> 1)} ${what} ${glyphs.horizontal.repeat(gap - (gap >> 1))} now`
      : `${start} ${glyphs.horizontal.repeat(Math.max(1, cells - start.length - 6))} now`;
  return [span(' '.repeat(AXIS)), span(left(`${glyphs.corner} ${line}`, cells + 1), 'dim')];
}
