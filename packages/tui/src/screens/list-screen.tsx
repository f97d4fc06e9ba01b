import { Box } from 'ink';
import type { ReactElement } from 'react';

import { HostList, listHeadRows } from '../components/host-list.tsx';
import { Notices, noticeLines } from '../components/notices.tsx';
import type { Model, Size } from '../shown/model.ts';
import type { ListScene } from '../shown/scene.ts';

export interface ListScreenProps {
  readonly model: Model;
  readonly scene: ListScene;
  readonly columns: number;
  /** Between header and footer. */
  readonly rows: number;
}

/** From here on there is an empty row below the header. */
const AIR_ROWS = 18;
/** Notices leave at least so many interfaces to be seen. */
const MIN_SEEN = 3;

/** All interfaces of all hosts. */
export function ListScreen({ model, scene, columns, rows }: ListScreenProps): ReactElement {
  const notices = noticeLines(model, scene, columns);
  const layout = listLayout(model, notices.length, rows);
  return (
    <Box flexDirection="column" height={rows}>
      {layout.air && <Box height={1} />}
      <HostList
        scene={scene}
        view={model.view}
        glyphs={model.settings.glyphs}
        columns={columns}
        rows={layout.listRows}
      />
      <Notices lines={notices} rows={layout.noticeRows} />
    </Box>
  );
}

/** How many interfaces there is room for. */
export function seenInterfaces(model: Model, scene: ListScene, { columns, rows }: Size): number {
  const notices = noticeLines(model, scene, columns).length;
  return Math.max(1, listLayout(model, notices, rows).listRows - listHeadRows(model.view));
}

function listLayout(
  { view }: Model,
  notices: number,
  rows: number,
): { readonly air: boolean; readonly listRows: number; readonly noticeRows: number } {
  const air = rows >= AIR_ROWS;
  const room = rows - (air ? 1 : 0);
  const noticeRows = Math.min(notices, Math.max(1, room - listHeadRows(view) - MIN_SEEN));
  return { air, listRows: room - noticeRows, noticeRows };
}
