import { TABLE_MIN_COLUMNS } from '../components/filter-table.tsx';
import { GRAPH_MIN_ROWS } from '../components/graph.tsx';
import { firstRow } from '../input/list-window.ts';
import type { View } from '../input/view.ts';
import type { Size } from '../shown/model.ts';

/** What of the screen of one interface has how many rows. */
export interface InterfaceLayout {
  /** An empty row below the header. */
  readonly air: boolean;
  readonly list: 'rates' | 'table' | 'sizes';
  readonly linesPerFilter: 1 | 2 | 3;
  /** Rows of the filters, with the heading. */
  readonly listRows: number;
  /** Index of the first filter that is seen. */
  readonly top: number;
  /** An empty row below the filters. */
  readonly gap: boolean;
  readonly captionRows: 0 | 1 | 2;
  /** Rows of graph and sizes; 0: there is no room for either. */
  readonly paneRows: number;
  /** Columns of the sizes beside the graph; 0: one of the two has all of them. */
  readonly sizesColumns: number;
  readonly noticeRows: number;
}

/** From here on graph and sizes stand side by side. */
const SIDE_BY_SIDE_COLUMNS = 76;
const MAX_SIZES_COLUMNS = 64;
/** From here on the screen has air. */
const PANE_WITH_AIR = 6;

/**
 * How the rows between header and footer are divided: the selected filter always, then what is not as it should be, then
 * the other filters, and the rest is for graph and sizes.
 *
 * @param rows - between header and footer
 * @param notices - rows that the notices would take
 */
export function interfaceLayout(
  view: View,
  filters: number,
  notices: number,
  { columns, rows }: Size,
): InterfaceLayout {
  const { list, linesPerFilter } = listOf(view, filters, columns, rows);
  const noticeLeast = Math.min(notices, 1);
  const wanted = filters === 0 ? 0 : 1 + filters * linesPerFilter;
  const listRows = Math.min(wanted, rows - noticeLeast);
  let rest = rows - listRows - noticeLeast;
  const take = (amount: number, least: number): number => {
    const taken = rest - amount >= least ? amount : 0;
    rest -= taken;
    return taken;
  };
  // What has to be said comes before what can be looked at.
  const moreNotices = Math.min(notices - noticeLeast, rest);
  rest -= moreNotices;
  const caption = filters === 0 ? 0 : take(1, 0);
  const gap = take(1, GRAPH_MIN_ROWS) === 1;
  const air = take(1, PANE_WITH_AIR) === 1;
  const facts = caption === 1 ? take(1, 16) : 0;
  const paneRows = filters > 0 && rest >= GRAPH_MIN_ROWS ? rest : 0;
  const seen = Math.max(1, Math.floor((listRows - 1) / linesPerFilter));
  return {
    air,
    list,
    linesPerFilter,
    listRows,
    top: firstRow(0, Math.min(view.filter, Math.max(0, filters - 1)), filters, seen),
    gap,
    captionRows: (caption + facts) as 0 | 1 | 2,
    paneRows,
    sizesColumns: sizesColumns(view, columns),
    noticeRows: noticeLeast + moreNotices,
  };
}

/** Whether the sizes take the place of the graph. */
export function sizesHideGraph(view: View, columns: number): boolean {
  return sizesColumns(view, columns) === 0;
}

function sizesColumns({ pane, exact }: View, columns: number): number {
  if (pane === 'sizes' || columns < SIDE_BY_SIDE_COLUMNS) return 0;
  const wanted = exact ? columns >> 1 : Math.max(40, Math.floor(columns * 0.4));
  return Math.min(MAX_SIZES_COLUMNS, wanted);
}

/** The table with as many lines a filter as have room; where it has none, a line a filter. */
function listOf(
  view: View,
  filters: number,
  columns: number,
  rows: number,
): Pick<InterfaceLayout, 'list' | 'linesPerFilter'> {
  if (view.mode === 'rates') return { list: 'rates', linesPerFilter: 1 };
  if (columns < TABLE_MIN_COLUMNS) return { list: 'sizes', linesPerFilter: 1 };
  const most = view.mode === 'total' ? 2 : 3;
  for (const lines of [3, 2] as const) {
    if (lines <= most && 1 + filters * lines <= rows) return { list: 'table', linesPerFilter: lines };
  }
  return { list: 'table', linesPerFilter: 1 };
}
