import type { FilterCounts } from '@ifcast/protocol';
import type { ReactElement } from 'react';

import { firstRow } from '../input/list-window.ts';
import type { View } from '../input/view.ts';
import type { ListedTarget, ListScene } from '../shown/scene.ts';
import { raisedAlarms } from '../store/alarms.ts';
import { expectedIntervalMs, historyEnd, isLive, STATE_WORDS } from '../store/liveness.ts';
import { averageOf, countsOf, type Sort } from '../store/ranking.ts';
import { amount, duration, isBinary, packets, rate } from '../text/format.ts';
import type { Glyphs } from '../text/glyphs.ts';
import { type Line, left, right, type Style, span, widthOf } from '../text/line.ts';
import { peakOf, sparkline, sparklineCells } from '../text/sparkline.ts';
import { STATE_STYLES } from './header.tsx';
import { type Sum, sinceZero, sumOf } from './host-sums.ts';
import { Rows } from './rows.tsx';

export interface HostListProps {
  readonly scene: ListScene;
  readonly view: View;
  readonly glyphs: Glyphs;
  readonly columns: number;
  /** With heading and sums. */
  readonly rows: number;
}

type Column = 'state' | 'rate' | 'packets' | 'bytes' | 'average' | 'lost' | 'trend';

const HEADINGS: Readonly<Record<Column, string>> = {
  state: 'STATE',
  rate: 'RATE',
  packets: 'PKT/s',
  bytes: 'TOTAL',
  average: 'AVG',
  lost: 'LOST',
  trend: 'LAST 60 s',
};
const ORDER = Object.keys(HEADINGS) as Column[];
/** Where the sign of a sort stands. */
const SORTED: Readonly<Record<Sort, Column | 'name'>> = {
  rate: 'rate',
  packets: 'packets',
  bytes: 'bytes',
  average: 'average',
  lost: 'lost',
  name: 'name',
  state: 'state',
  age: 'state',
};

/** Selection and sign of the state. */
const SIGNS = 3;
const MIN_NAME = 16;
const MAX_NAME = 44;

/** How many rows the list has beside its interfaces: the heading, and the sums. */
export function listHeadRows(view: View): number {
  return isNarrowed(view) ? 3 : 2;
}

/** The interfaces of all hosts: heading, sums, and a line each, as many as there is room for, with the selected one among them. */
export function HostList(props: HostListProps): ReactElement {
  return <Rows lines={hostList(props)} rows={props.rows} />;
}

function hostList(props: HostListProps): Line[] {
  const { scene, view, rows } = props;
  const room = Math.max(0, rows - listHeadRows(view));
  const selected = Math.max(
    0,
    scene.found.findIndex(({ target }) => target.key === view.interfaceKey),
  );
  const top = firstRow(view.list.top, selected, scene.found.length, room);
  const seen = scene.found.slice(top, top + room);
  const cells = seen.map((listed) => cellsOf(listed, scene, view));
  const sums = sumCells(props);
  const widths = columnsThatFit([...cells, ...sums.map(({ cells: sum }) => sum)], props);
  const shown = { first: top + 1, last: top + seen.length, all: scene.found.length };
  const alarms = new Map(
    raisedAlarms(scene.state.alarms).map(({ interfaceKey, rule }) => [interfaceKey, rule.color]),
  );
  return [
    heading(widths, shown, props),
    ...sums.map(({ name, cells: sum }) => sumLine(name, sum, widths)),
    ...seen.map((listed, index) =>
      hostLine(listed, cells[index]!, top + index === selected, widths, alarms.get(listed.target.key), props),
    ),
  ];
}

function isNarrowed({ list }: View): boolean {
  return list.find !== '' || list.finding || list.liveOnly;
}

type Cells = Readonly<Record<Exclude<Column, 'trend'>, string>>;

function cellsOf({ target, liveness }: ListedTarget, { now }: ListScene, view: View): Cells {
  const counted = countsOf(target, view.list.filter);
  const counts = counted && sinceZero(counted, view.zero?.interfaces.get(target.key));
  const live = isLive(liveness);
  const lost = target.counted?.stats.dropped_total;
  const numbers = numberCells(live ? counts : null, counts, view);
  const age = target.counted === null ? '' : ` ${duration(now - target.counted.receivedAt).replace(' ', '')}`;
  const late =
    target.counted !== null &&
    now - target.counted.receivedAt > 2 * expectedIntervalMs(target.host, target.counted) + LATE_MS;
  return {
    ...numbers,
    state: STATE_WORDS[liveness] + (late || !live ? age : ''),
    lost: lost == null ? '?' : packets(lost, view.exact),
  };
}

/** A broadcast that is on its way is not late. */
const LATE_MS = 500;

function numberCells(
  rates: FilterCounts | null,
  totals: FilterCounts | null,
  view: View,
): Omit<Cells, 'state' | 'lost'> {
  const { packets_per_s: perS = null, bits_per_s: bits = null } = rates ?? {};
  const mean = totals === null ? null : averageOf(totals);
  return {
    rate: bits === null ? '-' : rate(bits, view.units, view.exact),
    packets: perS === null ? '-' : packets(perS, view.exact),
    bytes: totals === null ? '-' : amount(totals.bytes_total, view.units, view.exact),
    average: mean === null ? '-' : mean.toFixed(0),
  };
}

function sumCells({ scene, view, glyphs }: HostListProps): { name: string; cells: Cells }[] {
  const sums = [{ name: `${glyphs.sum} all ${scene.all.length}`, sum: sumOf(scene.all, view) }];
  if (isNarrowed(view)) {
    sums.push({ name: `${glyphs.sum} found ${scene.found.length}`, sum: sumOf(scene.found, view) });
  }
  return sums.map(({ name, sum }) => ({ name, cells: cellsOfSum(sum, view) }));
}

function cellsOfSum({ bitsPerS, packetsPerS, bytes, packetCount, lost }: Sum, view: View): Cells {
  return {
    state: '',
    rate: rate(bitsPerS, view.units, view.exact),
    packets: packets(packetsPerS, view.exact),
    bytes: amount(bytes, view.units, view.exact),
    average: packetCount === 0n ? '-' : (Number(bytes) / Number(packetCount)).toFixed(0),
    lost: lost === null ? '?' : packets(lost, view.exact),
  };
}

type Widths = ReadonlyMap<Column | 'name', number>;

function columnsThatFit(cells: readonly Cells[], { view, columns, scene }: HostListProps): Widths {
  const short: Cells = {
    state: 'offline 3m12s',
    rate: isBinary(view.units) ? '85.2Mib/s' : '85.2Mb/s',
    packets: '10.3k',
    bytes: isBinary(view.units) ? '1023GiB' : '21.9GB',
    average: '1500',
    lost: '12k',
  };
  const widthOfColumn = (column: Exclude<Column, 'trend'>): number => {
    const least = Math.max(short[column].length, HEADINGS[column].length + 1);
    const widest =
      view.exact || column === 'state' ? Math.max(0, ...cells.map((row) => row[column].length)) : 0;
    return Math.max(least, widest) + 2;
  };
  const longest = Math.max(0, ...scene.found.slice(0, 200).map(({ target }) => widthOf(target.label))) + 1;
  const wanted = Math.min(MAX_NAME, Math.max(MIN_NAME, longest));
  const widths = new Map<Column, number>([['rate', widthOfColumn('rate')]]);
  const rest = (): number => columns - SIGNS - [...widths.values()].reduce((sum, width) => sum + width, 0);
  const add = (column: Column, width: number, least: number): void => {
    const before = widths.get(column);
    widths.set(column, width);
    if (rest() >= least) return;
    if (before === undefined) widths.delete(column);
    else widths.set(column, before);
  };
  // What the list is sorted by is always seen.
  const sorted = SORTED[view.sort];
  if (sorted !== 'name' && sorted !== 'trend') add(sorted, widthOfColumn(sorted), MIN_NAME);
  add('packets', widthOfColumn('packets'), MIN_NAME);
  add('bytes', widthOfColumn('bytes'), MIN_NAME);
  add('state', widthOfColumn('state'), MIN_NAME);
  add('lost', widthOfColumn('lost'), MIN_NAME);
  add('trend', 12, MIN_NAME);
  add('average', widthOfColumn('average'), MIN_NAME);
  for (const cells of [15, 21, 31, 61]) add('trend', cells + 2, Math.min(wanted, 24));
  return new Map<Column | 'name', number>([...widths, ['name', Math.min(rest(), wanted)]]);
}

function heading(
  widths: Widths,
  shown: { readonly first: number; readonly last: number; readonly all: number },
  { view, glyphs }: HostListProps,
): Line {
  const sorted = SORTED[view.sort];
  const arrow = (view.sort === 'name') === view.reversed ? glyphs.down : glyphs.up;
  const title = (column: Column): string => {
    const text = column === 'state' && view.sort === 'age' ? 'AGE' : HEADINGS[column];
    return column === sorted ? text + arrow : text;
  };
  const place = shown.all === 0 ? '' : ` ${shown.first}${glyphs.dash}${shown.last} of ${shown.all}`;
  const name = `HOST${sorted === 'name' ? arrow : ''}${place}`;
  const parts: Line = ORDER.flatMap((column) => {
    const width = widths.get(column);
    if (width === undefined) return [];
    const text =
      column === 'trend' || column === 'state'
        ? `  ${left(title(column), width - 2)}`
        : right(title(column), width);
    return [span(text, column === sorted ? 'title' : 'dim')];
  });
  return [
    span(' '.repeat(SIGNS)),
    span(left(name, widths.get('name')!), sorted === 'name' ? 'title' : 'dim'),
    ...parts,
  ];
}

function sumLine(name: string, cells: Cells, widths: Widths): Line {
  return [
    span(' '.repeat(SIGNS)),
    span(left(name, widths.get('name')!), 'title'),
    ...ORDER.flatMap((column) => {
      const width = widths.get(column);
      if (width === undefined) return [];
      return [span(column === 'trend' ? ' '.repeat(width) : right(cells[column], width), 'title')];
    }),
  ];
}

function hostLine(
  { target, liveness }: ListedTarget,
  cells: Cells,
  selected: boolean,
  widths: Widths,
  alarm: Style | undefined,
  { scene, view, glyphs }: HostListProps,
): Line {
  const live = isLive(liveness);
  const state = STATE_STYLES[liveness];
  const part = (column: Column): Line => {
    const width = widths.get(column);
    if (width === undefined) return [];
    switch (column) {
      case 'state':
        return [span(`  ${left(cells.state, width - 2)}`, state)];
      case 'trend': {
        const end = historyEnd(liveness, target.counted, scene.now);
        return [
          span(`  ${trendOf({ target, liveness }, view, end, width - 2, glyphs)}`, live ? 'accent' : 'dim'),
        ];
      }
      case 'rate':
        // Where no column says it, the word of the state stands in the place of the rate that does not hold.
        return live || widths.has('state')
          ? [span(right(cells.rate, width), alarm ?? 'title')]
          : [span(right(STATE_WORDS[liveness], width), state)];
      case 'lost':
        return [span(right(cells.lost, width), /^[0?]$/.test(cells.lost) ? 'dim' : 'warn')];
      case 'packets':
      case 'bytes':
        return [span(right(cells[column], width))];
      case 'average':
        return [span(right(cells.average, width), 'dim')];
    }
  };
  return [
    span(selected ? glyphs.selected : ' ', 'selected'),
    span(glyphs.states[liveness], state),
    span(' '),
    span(left(target.label, widths.get('name')!), selected ? 'selected' : 'plain'),
    ...ORDER.flatMap(part),
  ];
}

function trendOf({ target }: ListedTarget, view: View, until: number, width: number, glyphs: Glyphs): string {
  const id = countsOf(target, view.list.filter)?.id;
  const history = id === undefined ? undefined : target.counted?.histories.get(id);
  if (history === undefined) return ' '.repeat(width);
  const { cells, cellMs } = sparklineCells(width);
  const values = history.series('bits', until, cellMs, cells);
  const top = peakOf(values);
  return left(top === 0 ? '' : sparkline(values, top, glyphs), width);
}
