import { SORTS, type Sort } from '../store/ranking.ts';
import type { State } from '../store/state.ts';
import { UNITS, type Units } from '../text/format.ts';

/**
 * How the filters of an interface are listed: a row each with its rate, or the table of their sizes, with the change per
 * second, since the broadcast before, or with totals alone.
 */
export type FilterMode = 'rates' | 'table' | 'difference' | 'total';

/** What is drawn of the selected filter where there is no room for both. */
export type Pane = 'graph' | 'sizes';

/** What the graph draws. */
export type GraphQuantity = 'bits' | 'packets' | 'size';

/** The time that a graph shows at least: a minute, ten, or the hour. */
export type GraphSpan = 'minute' | 'ten-minutes' | 'hour';

/** What the height of a graph stands for. */
export type GraphScale = 'linear' | 'log' | 'link';

/** What the reader has chosen to see. */
export interface View extends Habits {
  /** `null` until the first key: the list where there is more than one interface. */
  readonly screen: 'list' | 'interface' | null;
  /** What is over the screen. */
  readonly over: 'help' | 'events' | null;
  /** First row of what is over the screen. */
  readonly overTop: number;
  /** Key of the interface that is shown, or selected in the list; `null`: the first. */
  readonly interfaceKey: string | null;
  readonly list: ListView;
  /** Index of the selected filter. */
  readonly filter: number;
  readonly pane: Pane;
  readonly exact: boolean;
  /** What is shown while it stands; counting goes on. */
  readonly paused: { readonly at: number; readonly state: State } | null;
  /** From where totals are shown; by interface key. */
  readonly zero: { readonly at: number; readonly interfaces: State['interfaces'] } | null;
}

/** What a reader always wants: it is kept from one time to the next. */
export interface Habits {
  readonly mode: FilterMode;
  readonly units: Units;
  readonly graph: GraphQuantity;
  readonly span: GraphSpan;
  readonly scale: GraphScale;
  readonly sort: Sort;
  readonly reversed: boolean;
}

/** What the reader has chosen to see of the list of hosts. */
export interface ListView {
  /** The order stays as it is. */
  readonly frozen: boolean;
  /** Only interfaces that have this in their name, their state or the name of a filter, whatever the case. */
  readonly find: string;
  /** The reader is typing what to find. */
  readonly finding: boolean;
  /** What is not live is left out. */
  readonly liveOnly: boolean;
  /** Name of the filter that the numbers are of; `null`: the one of all traffic. */
  readonly filter: string | null;
  /** Index of the first row that is seen, as far as the selected one is then seen too. */
  readonly top: number;
}

export const INITIAL_HABITS: Habits = {
  mode: 'rates',
  units: 'bits',
  graph: 'bits',
  span: 'minute',
  scale: 'linear',
  sort: 'rate',
  reversed: false,
};

export const INITIAL_VIEW: View = {
  ...INITIAL_HABITS,
  screen: null,
  over: null,
  overTop: 0,
  interfaceKey: null,
  list: { frozen: false, find: '', finding: false, liveOnly: false, filter: null, top: 0 },
  filter: 0,
  pane: 'graph',
  exact: false,
  paused: null,
  zero: null,
};

export const FILTER_MODES: readonly FilterMode[] = ['rates', 'table', 'difference', 'total'];
export const GRAPH_QUANTITIES: readonly GraphQuantity[] = ['bits', 'packets', 'size'];
export const GRAPH_SPANS: readonly GraphSpan[] = ['minute', 'ten-minutes', 'hour'];
export const GRAPH_SCALES: readonly GraphScale[] = ['linear', 'log', 'link'];

/** Whether the list is what is seen. */
export function seesList(view: View, interfaces: number): boolean {
  return view.screen === 'list' || (view.screen === null && interfaces > 1);
}

export function nextMode(view: View): View {
  return { ...view, mode: after(FILTER_MODES, view.mode) };
}

export function nextSort(view: View, by: 1 | -1): View {
  return { ...view, sort: after(SORTS, view.sort, by), reversed: false };
}

export function nextSpan(view: View): View {
  return { ...view, span: after(GRAPH_SPANS, view.span) };
}

export function nextUnits(view: View): View {
  return { ...view, units: after(UNITS, view.units) };
}

/** Shows the graph, then goes through what it can draw. */
export function nextGraph(view: View, sizesHideIt: boolean): View {
  if (sizesHideIt && view.pane === 'sizes') return { ...view, pane: 'graph' };
  return { ...view, pane: 'graph', graph: after(GRAPH_QUANTITIES, view.graph) };
}

/** @param linkKnown - the speed of the link is known, so that it can be the height of the graph */
export function nextScale(view: View, linkKnown: boolean): View {
  const scales = linkKnown ? GRAPH_SCALES : GRAPH_SCALES.filter((scale) => scale !== 'link');
  return { ...view, scale: after(scales, view.scale) };
}

/** The choice after this one; the first after the last. */
export function after<T>(choices: readonly T[], choice: T, by: 1 | -1 = 1): T {
  return choices[(choices.indexOf(choice) + by + choices.length) % choices.length]!;
}
