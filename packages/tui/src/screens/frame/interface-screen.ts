import { sizeBucketLabels } from '@ifcast/protocol';

import { historyEnd } from '../../store/liveness.ts';
import type { Glyphs } from '../../text/glyphs.ts';
import { type Line, left, lineWidth, span } from '../../text/line.ts';
import { details } from './details.ts';
import { filterList } from './filter-list.ts';
import { filterTable, TABLE_MIN_COLUMNS, type TableOptions } from './filter-table.ts';
import { GRAPH_MIN_ROWS, graph } from './graph.ts';
import type { Model, Size } from './model.ts';
import type { InterfaceScene } from './scene.ts';
import { sizes } from './sizes.ts';

const SIZES_COLUMNS = 48;
/** From here on there is room for graph and sizes below a table of five filters. */
const PANES_MIN: Size = { columns: 100, rows: 33 };
const PANES_MAX_ROWS = 18;

/** Whether the graph has a place beside the table. */
export function hasPanes({ columns, rows }: Size): boolean {
  return columns >= PANES_MIN.columns && rows >= PANES_MIN.rows;
}

/**
 * At most `room` lines about one interface.
 *
 * @param size - of the whole screen
 */
export function interfaceScreen(model: Model, scene: InterfaceScene, size: Size, room: number): Line[] {
  const { view, settings } = model;
  const { glyphs } = settings;
  const { columns } = size;
  const labels = bucketLabels(scene, glyphs);
  const until = historyEnd(scene.liveness, scene.target.counted, scene.now);
  const options = { view, glyphs, until, columns };
  const selected = scene.rows[Math.min(view.filter, scene.rows.length - 1)];
  if (selected !== undefined && view.body === 'sizes') {
    return [[], ...sizes(selected, labels, { ...options, rows: room - 1 })];
  }
  if (selected !== undefined && view.body === 'graph') {
    return [[], ...graph(selected, { ...options, rows: room - 1 })];
  }
  const table = tableThatFits(scene, labels, options, room);
  const about = details(model, scene, selected ?? null);
  const rest = room - table.length;
  // Air where there is room: between header and table, and between table and details.
  if (rest < about.length + 2) return [...table, ...(rest > about.length ? [[], ...about] : [])];
  const lines = [[], ...table, [], ...about];
  const paneRows = Math.min(PANES_MAX_ROWS, room - lines.length - 2);
  if (selected === undefined || !hasPanes(size) || paneRows < GRAPH_MIN_ROWS) return lines;
  // A distribution that is not whole says less than none.
  if (paneRows < labels.length + 1) return [...lines, [], ...graph(selected, { ...options, rows: paneRows })];
  const graphColumns = columns - SIZES_COLUMNS - 2;
  return [
    ...lines,
    [],
    ...sideBySide(
      graph(selected, { ...options, columns: graphColumns, rows: paneRows }),
      sizes(selected, labels, { ...options, columns: SIZES_COLUMNS, rows: paneRows }),
      graphColumns + 2,
    ),
  ];
}

function tableThatFits(
  { rows }: InterfaceScene,
  labels: readonly string[],
  options: Omit<TableOptions, 'linesPerFilter'>,
  room: number,
): Line[] {
  if (options.columns >= TABLE_MIN_COLUMNS) {
    for (const linesPerFilter of [3, 2] as const) {
      const lines = options.view.change === 'total' ? linesPerFilter - 1 : linesPerFilter;
      if (1 + rows.length * lines <= room) return filterTable(rows, labels, { ...options, linesPerFilter });
    }
  }
  return filterList(rows, labels.length, options).slice(0, room);
}

/** The columns of the buckets; numbered until `info` has told their bounds. */
function bucketLabels({ target, rows }: InterfaceScene, glyphs: Glyphs): string[] {
  const buckets = rows.find(({ totals }) => totals !== null)?.totals?.sizes.length;
  const bounds = target.host.info?.size_upper_bounds;
  if (bounds !== undefined && (buckets === undefined || buckets === bounds.length + 1)) {
    return sizeBucketLabels(bounds).map((label) => label.replace('≤', glyphs.atMost));
  }
  return Array.from({ length: buckets ?? 0 }, (_, index) => `#${index + 1}`);
}

function sideBySide(start: readonly Line[], end: readonly Line[], column: number): Line[] {
  return Array.from({ length: Math.max(start.length, end.length) }, (_, row) => {
    const first = start[row] ?? [];
    return [...first, span(left('', column - lineWidth(first))), ...(end[row] ?? [])];
  });
}
