import { SORTS, type Sort } from '../store/ranking.ts';
import type { State } from '../store/state.ts';
import { UNITS, type Units } from '../text/format.ts';

/** What the change rows show: per second, since the broadcast before, or nothing (totals alone). */
export type ChangeMode = 'rate' | 'difference' | 'total';

/** What the body of an interface's screen is. */
export type Body = 'table' | 'graph' | 'sizes';

/** What the graph draws. */
export type GraphQuantity = 'bits' | 'packets' | 'size';

/** The time a graph shows: a cell is a second, ten seconds, or as much as makes the hour fit. */
export type GraphSpan = 'seconds' | 'minutes' | 'hour';

/** What the reader has chosen to see. */
export interface View {
  /** `null` until the first key: the list where there is more than one interface. */
  readonly screen: 'list' | 'interface' | null;
  /** Key of the interface that is shown, or selected in the list; `null`: the first. */
  readonly interfaceKey: string | null;
  readonly list: ListView;
  /** Index of the selected filter. */
  readonly filter: number;
  readonly body: Body;
  readonly graph: GraphQuantity;
  readonly span: GraphSpan;
  readonly change: ChangeMode;
  readonly units: Units;
  readonly exact: boolean;
  readonly help: boolean;
  /** What is shown while it stands; counting goes on. */
  readonly paused: { readonly at: number; readonly state: State } | null;
  /** From where totals are shown; by interface key. */
  readonly zero: { readonly at: number; readonly interfaces: State['interfaces'] } | null;
}

/** What the reader has chosen to see of the list of hosts. */
export interface ListView {
  readonly sort: Sort;
  readonly reversed: boolean;
  /** The order stays as it is. */
  readonly frozen: boolean;
  /** Only interfaces whose name has this in it, whatever the case. */
  readonly find: string;
  /** The reader is typing what to find. */
  readonly finding: boolean;
  /** Index of the first row that is seen, as far as the selected one is then seen too. */
  readonly top: number;
}

export const INITIAL_VIEW: View = {
  screen: null,
  interfaceKey: null,
  list: { sort: 'rate', reversed: false, frozen: false, find: '', finding: false, top: 0 },
  filter: 0,
  body: 'table',
  graph: 'bits',
  span: 'seconds',
  change: 'rate',
  units: 'bits',
  exact: false,
  help: false,
  paused: null,
  zero: null,
};

const CHANGES: readonly ChangeMode[] = ['rate', 'difference', 'total'];
const SPANS: readonly GraphSpan[] = ['seconds', 'minutes', 'hour'];
const GRAPHS: readonly GraphQuantity[] = ['bits', 'packets', 'size'];

export function nextChange(view: View): View {
  return { ...view, change: after(CHANGES, view.change) };
}

/** Whether the list is what is seen. */
export function seesList(view: View, interfaces: number): boolean {
  return view.screen === 'list' || (view.screen === null && interfaces > 1);
}

export function nextSort(view: View): View {
  return { ...view, list: { ...view.list, sort: after(SORTS, view.list.sort), reversed: false } };
}

export function nextSpan(view: View): View {
  return { ...view, span: after(SPANS, view.span) };
}

export function nextUnits(view: View): View {
  return { ...view, units: after(UNITS, view.units) };
}

/** Opens the graph, then goes through what it can draw, then closes it. */
export function nextGraph(view: View, alwaysThere: boolean): View {
  if (alwaysThere) return { ...view, body: 'table', graph: after(GRAPHS, view.graph) };
  if (view.body !== 'graph') return { ...view, body: 'graph', graph: 'bits' };
  if (view.graph === 'size') return { ...view, body: 'table', graph: 'bits' };
  return { ...view, graph: after(GRAPHS, view.graph) };
}

function after<T>(choices: readonly T[], choice: T): T {
  return choices[(choices.indexOf(choice) + 1) % choices.length]!;
}
