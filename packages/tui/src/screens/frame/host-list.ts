import { firstRow } from '../../input/list-window.ts';
import type { View } from '../../input/view.ts';
import { historyEnd, isLive, type Liveness, livenessOf, STATE_WORDS } from '../../store/liveness.ts';
import { mainCounts } from '../../store/ranking.ts';
import type { State } from '../../store/state.ts';
import type { Target } from '../../store/targets.ts';
import { bytes, dataRate, duration, packets, rateHeading } from '../../text/format.ts';
import type { Glyphs } from '../../text/glyphs.ts';
import { type Line, left, right, type Span, span } from '../../text/line.ts';
import { STATE_STYLES } from './header.ts';
import { peakOf, sparkline, sparklineCells } from './sparkline.ts';

/** Widths in columns, each with the space before it; 0: there is no such column. */
interface ListColumns {
  readonly name: number;
  readonly state: number;
  readonly filters: number;
  readonly packets: number;
  readonly rate: number;
  readonly bytes: number;
  readonly average: number;
  readonly sparkline: number;
  readonly age: number;
}

/** Selection and sign of the state. */
const SIGNS = 2;
const MIN_NAME = 15;
const MAX_NAME = 40;

export interface HostListOptions {
  readonly state: State;
  readonly view: View;
  readonly glyphs: Glyphs;
  readonly now: number;
  readonly columns: number;
  /** Lines, with the heading. */
  readonly rows: number;
}

/** The interfaces of all hosts: a heading and a line each, as many as there is room for, with the selected one among them. */
export function hostList(targets: readonly Target[], options: HostListOptions): Line[] {
  const { view, columns, rows } = options;
  const widths = listColumns(columns, view);
  const selected = selectedIndex(targets, view);
  const top = firstRow(view.list.top, selected, targets.length, rows - 1);
  return [
    heading(widths, options),
    ...targets
      .slice(top, top + rows - 1)
      .map((target, index) => line(target, top + index === selected, widths, options)),
  ];
}

/** Index of the interface that is selected, the first when there is none. */
export function selectedIndex(targets: readonly Target[], view: View): number {
  return Math.max(
    0,
    targets.findIndex(({ key }) => key === view.interfaceKey),
  );
}

function listColumns(columns: number, view: View): ListColumns {
  const amount = view.exact ? 19 : 9;
  const base = { state: 0, filters: 0, packets: 9, rate: 9, bytes: amount, average: 0, sparkline: 0, age: 7 };
  const wishes: readonly Partial<ListColumns>[] = [
    { sparkline: 15 },
    { average: 7 },
    { filters: 5 },
    { state: 12 },
    { sparkline: 33 },
    { sparkline: 63 },
  ];
  let widths = base;
  let name = columns - SIGNS - total(base);
  for (const wish of wishes) {
    const wider = { ...widths, ...wish };
    const rest = columns - SIGNS - total(wider);
    if (rest < MIN_NAME) continue;
    widths = wider;
    name = rest;
  }
  return { ...widths, name: Math.min(MAX_NAME, name) };
}

function total(widths: Omit<ListColumns, 'name'>): number {
  return Object.values(widths).reduce((sum, width) => sum + width, 0);
}

function heading(widths: ListColumns, { view }: HostListOptions): Line {
  const title = (text: string, width: number): string => (width === 0 ? '' : right(text, width));
  return [
    span(
      ' '.repeat(SIGNS) +
        left('HOST', widths.name) +
        (widths.state === 0 ? '' : ` ${left('STATE', widths.state - 1)}`) +
        title('FILT', widths.filters) +
        title('PKT/S', widths.packets) +
        title(rateHeading(view.units), widths.rate) +
        title('BYTES', widths.bytes) +
        title('AVG B', widths.average) +
        (widths.sparkline === 0 ? '' : `  ${left('LAST 60 s', widths.sparkline - 2)}`) +
        title('AGE', widths.age),
      'dim',
    ),
  ];
}

function line(target: Target, selected: boolean, widths: ListColumns, options: HostListOptions): Line {
  const { state, view, glyphs, now } = options;
  const liveness = livenessOf(state, target.host, target.iface, now);
  const live = isLive(liveness);
  const counts = mainCounts(target);
  const filters = target.counted?.stats.filters.length ?? target.host.info?.filters.length ?? 0;
  const perPacket =
    counts === null || counts.packets_total === 0n
      ? null
      : Number(counts.bytes_total) / Number(counts.packets_total);
  const age = target.counted === null ? '-' : duration(now - target.counted.receivedAt).replace(' ', '');
  return [
    span(selected ? glyphs.selected : ' ', 'selected'),
    span(glyphs.states[liveness], STATE_STYLES[liveness]),
    span(left(target.label, widths.name), selected ? 'selected' : live ? 'title' : 'plain'),
    span(
      widths.state === 0 ? '' : ` ${left(STATE_WORDS[liveness], widths.state - 1)}`,
      STATE_STYLES[liveness],
    ),
    span(widths.filters === 0 ? '' : right(String(filters), widths.filters), 'dim'),
    ...rates(live ? counts : null, liveness, widths, view),
    span(right(counts === null ? '-' : bytes(counts.bytes_total, view.units, view.exact), widths.bytes)),
    span(widths.average === 0 ? '' : right(perPacket === null ? '-' : perPacket.toFixed(0), widths.average)),
    span(
      widths.sparkline === 0
        ? ''
        : `  ${trend(target, historyEnd(liveness, target.counted, now), widths.sparkline - 2, glyphs)}`,
      live ? 'accent' : 'dim',
    ),
    span(right(age, widths.age), live ? 'dim' : STATE_STYLES[liveness]),
  ];
}

/** Packets and bits per second; in their place the word of the state, where no rate holds and nothing else says it. */
function rates(
  counts: ReturnType<typeof mainCounts>,
  liveness: Liveness,
  widths: ListColumns,
  view: View,
): Span[] {
  if (!isLive(liveness) && widths.state === 0) {
    return [span(right(STATE_WORDS[liveness], widths.packets + widths.rate), STATE_STYLES[liveness])];
  }
  const { packets_per_s: perS = null, bits_per_s: bits = null } = counts ?? {};
  return [
    span(right(perS === null ? '-' : packets(perS, view.exact), widths.packets), 'accent'),
    span(right(bits === null ? '-' : dataRate(bits, view.units, false), widths.rate), 'accent'),
  ];
}

function trend(target: Target, until: number, width: number, glyphs: Glyphs): string {
  const id = mainCounts(target)?.id;
  const history = id === undefined ? undefined : target.counted?.histories.get(id);
  if (history === undefined) return ' '.repeat(width);
  const { cells, cellMs } = sparklineCells(width);
  const values = history.series('bits', until, cellMs, cells);
  return left(sparkline(values, peakOf(values), glyphs), width);
}
