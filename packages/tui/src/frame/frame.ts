import { sizeBucketLabels } from '@ifcast/protocol';

import { livenessOf } from '../liveness.ts';
import type { State } from '../state.ts';
import { targetsOf } from '../targets.ts';
import type { View } from '../view.ts';
import { details } from './details.ts';
import { filterList } from './filter-list.ts';
import { filterRows } from './filter-rows.ts';
import { filterTable, TABLE_MIN_COLUMNS } from './filter-table.ts';
import { type Glyphs, toAscii } from './glyphs.ts';
import { GRAPH_MIN_ROWS, graph } from './graph.ts';
import { header } from './header.ts';
import { help } from './help.ts';
import { keyHelp } from './key-help.ts';
import { fit, type Line, left, lineWidth, span, widthOf } from './line.ts';
import type { Model, Shown, Size } from './model.ts';
import { noticeLines, notices } from './notices.ts';
import { sizes } from './sizes.ts';

/** The smallest screen that is drawn on. */
export const MIN_SIZE: Size = { columns: 50, rows: 8 };

const PANES_MIN_COLUMNS = 100;
const SIZES_COLUMNS = 48;

/** The whole screen: exactly `rows` lines of at most `columns` columns. Pure. */
export function frame(model: Model, size: Size): Line[] {
  const lines = isTooSmall(size) ? tooSmall(size) : screen(model, size);
  const filled = Array.from({ length: size.rows }, (_, row) => fit(lines[row] ?? [], size.columns));
  if (!model.settings.ascii) return filled;
  return filled.map((line) => line.map(({ text, style }) => span(toAscii(text, widthOf), style)));
}

function isTooSmall({ columns, rows }: Size): boolean {
  return columns < MIN_SIZE.columns || rows < MIN_SIZE.rows;
}

function tooSmall({ columns, rows }: Size): Line[] {
  const text = ['terminal too small', `(have ${columns}×${rows}, need ${MIN_SIZE.columns}×${MIN_SIZE.rows})`];
  const lines = columns >= text.join(' ').length ? [text.join(' ')] : text;
  return lines.slice(0, rows).map((line) => [span(line, 'warn')]);
}

function screen(model: Model, size: Size): Line[] {
  const { columns, rows } = size;
  const { view, settings } = model;
  const state = view.paused?.state ?? model.state;
  const now = view.paused?.at ?? model.now;
  const shown = shownInterface(state, view, now);
  const top = header(model, shown, state, now, columns);
  const keys = keyHelp(settings.glyphs, shown !== null, columns);
  const room = rows - 3;
  let content: Line[];
  if (view.help) content = help(settings.glyphs);
  else if (shown === null) content = noticeLines(model, columns);
  else content = body(model, shown, now, { columns, rows: room });
  const lines = [top, ...content.slice(0, room)];
  while (lines.length < rows - 2) lines.push([]);
  const states = shown === null && !view.help ? [] : notices(model, shown, state, now);
  return [...lines, states, keys];
}

function shownInterface(state: State, view: View, now: number): Shown | null {
  const targets = targetsOf(state);
  if (targets.length === 0) return null;
  const index = Math.max(
    0,
    targets.findIndex(({ key }) => key === view.iface),
  );
  const target = targets[index]!;
  const liveness = livenessOf(state, target.host, target.level, now);
  const rows = filterRows(target.host, target.iface, liveness, view);
  return { target, liveness, rows, position: index + 1, count: targets.length };
}

/** At most `rows` lines about one interface. */
function body(model: Model, shown: Shown, until: number, { columns, rows }: Size): Line[] {
  const { view, settings } = model;
  const { glyphs } = settings;
  const labels = bucketLabels(shown, glyphs);
  const options = { view, glyphs, until, columns };
  const selected = shown.rows[Math.min(view.filter, shown.rows.length - 1)];
  if (selected !== undefined && view.body === 'sizes') {
    return [[], ...sizes(selected, labels, { ...options, rows: rows - 1 })];
  }
  if (selected !== undefined && view.body === 'graph')
    return [[], ...graph(selected, { ...options, rows: rows - 1 })];

  const table = tableThatFits(shown, labels, options, rows);
  const rest = rows - table.length;
  const about = details(model, shown, selected ?? null, until, columns);
  // Air where there is room: between header and table, and between table and details.
  if (rest < about.length + 2) return [...table, ...(rest > about.length ? [[], ...about] : [])];
  const lines = [[], ...table, [], ...about];
  const paneRows = rows - lines.length - 2;
  if (selected === undefined || columns < PANES_MIN_COLUMNS || paneRows < GRAPH_MIN_ROWS) return lines;
  const paneHeight = Math.min(paneRows, 18);
  // A distribution that is not whole says less than none.
  if (paneHeight < labels.length + 1) {
    return [...lines, [], ...graph(selected, { ...options, rows: paneHeight })];
  }
  const graphColumns = columns - SIZES_COLUMNS - 2;
  return [
    ...lines,
    [],
    ...sideBySide(
      graph(selected, { ...options, columns: graphColumns, rows: paneHeight }),
      sizes(selected, labels, { ...options, columns: SIZES_COLUMNS, rows: paneHeight }),
      graphColumns + 2,
    ),
  ];
}

function tableThatFits(
  shown: Shown,
  labels: readonly string[],
  options: { view: View; glyphs: Glyphs; until: number; columns: number },
  rows: number,
): Line[] {
  const count = shown.rows.length;
  if (options.columns >= TABLE_MIN_COLUMNS) {
    for (const linesPerFilter of [3, 2] as const) {
      const lines = options.view.change === 'total' ? linesPerFilter - 1 : linesPerFilter;
      if (1 + count * lines <= rows) return filterTable(shown.rows, labels, { ...options, linesPerFilter });
    }
  }
  return filterList(shown.rows, labels.length, options).slice(0, rows);
}

/** The columns of the buckets; numbered until `info` has told their bounds. */
function bucketLabels({ target, rows }: Shown, glyphs: Glyphs): string[] {
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
