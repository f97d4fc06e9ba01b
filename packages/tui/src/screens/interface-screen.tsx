import { sizeBucketLabels } from '@ifcast/protocol';
import { Box } from 'ink';
import type { ReactElement } from 'react';

import { Caption } from '../components/caption.tsx';
import { FilterRates } from '../components/filter-rates.tsx';
import { FilterSizes } from '../components/filter-sizes.tsx';
import { FilterTable } from '../components/filter-table.tsx';
import { Graph } from '../components/graph.tsx';
import { Notices, noticeLines } from '../components/notices.tsx';
import { Sizes } from '../components/sizes.tsx';
import type { FilterRow } from '../shown/filter-rows.ts';
import type { Model } from '../shown/model.ts';
import { type InterfaceScene, selectedRow } from '../shown/scene.ts';
import { raisedAlarms } from '../store/alarms.ts';
import { historyEnd } from '../store/liveness.ts';
import { mainFilterId } from '../store/targets.ts';
import type { Glyphs } from '../text/glyphs.ts';
import type { Style } from '../text/line.ts';
import { type InterfaceLayout, interfaceLayout } from './interface-layout.ts';

export interface InterfaceScreenProps {
  readonly model: Model;
  readonly scene: InterfaceScene;
  readonly columns: number;
  /** Between header and footer. */
  readonly rows: number;
}

/** One interface: its filters, the rate first, and of the selected one the graph and the sizes. */
export function InterfaceScreen({ model, scene, columns, rows }: InterfaceScreenProps): ReactElement {
  const { view, settings } = model;
  const notices = noticeLines(model, scene, columns);
  const layout = interfaceLayout(view, scene.rows.length, notices.length, { columns, rows });
  const selected = selectedRow(scene, view.filter);
  return (
    <Box flexDirection="column" height={rows}>
      {layout.air && <Box height={1} />}
      <FilterPane model={model} scene={scene} columns={columns} layout={layout} />
      {layout.gap && <Box height={1} />}
      {selected !== null && layout.captionRows > 0 && (
        <Caption model={model} scene={scene} filter={selected} columns={columns} rows={layout.captionRows} />
      )}
      {selected !== null && layout.paneRows > 0 && (
        <DetailPane
          model={model}
          filter={selected}
          labels={bucketLabels(scene, settings.glyphs)}
          until={historyEnd(scene.liveness, scene.target.counted, scene.now)}
          linkBitsPerS={linkBitsPerS(scene)}
          columns={columns}
          layout={layout}
        />
      )}
      <Box flexGrow={1} />
      <Notices lines={notices} rows={layout.noticeRows} />
    </Box>
  );
}

interface FilterPaneProps {
  readonly model: Model;
  readonly scene: InterfaceScene;
  readonly columns: number;
  readonly layout: InterfaceLayout;
}

/** The filters in the way that the reader has chosen. */
function FilterPane({ model, scene, columns, layout }: FilterPaneProps): ReactElement | null {
  const { view, settings } = model;
  if (layout.listRows === 0) return null;
  const common = {
    filters: scene.rows,
    view: { ...view, filter: Math.min(view.filter, scene.rows.length - 1) },
    glyphs: settings.glyphs,
    until: historyEnd(scene.liveness, scene.target.counted, scene.now),
    columns,
    rows: layout.listRows,
    top: layout.top,
  };
  const labels = bucketLabels(scene, settings.glyphs);
  switch (layout.list) {
    case 'rates':
      return <FilterRates {...common} alarms={alarmStyles(scene)} />;
    case 'table':
      return <FilterTable {...common} labels={labels} linesPerFilter={layout.linesPerFilter} />;
    case 'sizes':
      return <FilterSizes {...common} labels={labels} />;
  }
}

interface DetailPaneProps {
  readonly model: Model;
  readonly filter: FilterRow;
  readonly labels: readonly string[];
  readonly until: number;
  readonly linkBitsPerS: number | null;
  readonly columns: number;
  readonly layout: InterfaceLayout;
}

/** Graph and sizes of the selected filter, side by side where there is room. */
function DetailPane({
  model: { view, settings },
  filter,
  labels,
  until,
  linkBitsPerS,
  columns,
  layout: { paneRows, sizesColumns },
}: DetailPaneProps): ReactElement {
  const common = { filter, view, glyphs: settings.glyphs, rows: paneRows };
  const graphColumns = columns - sizesColumns;
  if (sizesColumns === 0 && view.pane === 'sizes') {
    return <Sizes {...common} labels={labels} columns={columns} column={0} />;
  }
  return (
    <Box>
      <Graph {...common} until={until} columns={graphColumns} linkBitsPerS={linkBitsPerS} />
      {sizesColumns > 0 && <Sizes {...common} labels={labels} columns={sizesColumns} column={graphColumns} />}
    </Box>
  );
}

function linkBitsPerS({ target }: InterfaceScene): number | null {
  const mbit = target.described?.link_mbit_per_s ?? null;
  return mbit === null || mbit <= 0 ? null : mbit * 1e6;
}

/** The colours of the filters that are beyond a limit, by id. */
function alarmStyles({ state, target, rows }: InterfaceScene): ReadonlyMap<string, Style> {
  const styles = new Map<string, Style>();
  for (const { rule } of raisedAlarms(state.alarms, target.key)) {
    const wanted = rule.filter ?? mainFilterId(target.host.info);
    const row =
      rows.find(({ id, name }) => id === wanted || name === wanted) ??
      (rule.filter === null ? rows[0] : undefined);
    if (row !== undefined && !styles.has(row.id)) styles.set(row.id, rule.color);
  }
  return styles;
}

/** The names of the buckets; numbers until `info` has told their bounds. */
function bucketLabels({ target, rows }: InterfaceScene, glyphs: Glyphs): string[] {
  const buckets = rows.find(({ totals }) => totals !== null)?.totals?.sizes.length;
  const bounds = target.host.info?.size_upper_bounds;
  if (bounds !== undefined && (buckets === undefined || buckets === bounds.length + 1)) {
    return sizeBucketLabels(bounds).map((label) => label.replace('≤', glyphs.atMost));
  }
  return Array.from({ length: buckets ?? 0 }, (_, index) => `#${index + 1}`);
}
