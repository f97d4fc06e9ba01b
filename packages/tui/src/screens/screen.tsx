import { Box } from 'ink';
import type { ReactElement } from 'react';

import { Events } from '../components/events.tsx';
import { Footer } from '../components/footer.tsx';
import { Header } from '../components/header.tsx';
import { Help } from '../components/help.tsx';
import { spaciousNoticeLines } from '../components/notices.tsx';
import { ReplayBar } from '../components/replay-bar.tsx';
import { Rows } from '../components/rows.tsx';
import { activeBindings } from '../input/keys.ts';
import type { Model, Size } from '../shown/model.ts';
import type { Scene } from '../shown/scene.ts';
import { type Line, span } from '../text/line.ts';
import { InterfaceScreen } from './interface-screen.tsx';
import { bodyRows, keyContext, overLines } from './key-context.ts';
import { ListScreen } from './list-screen.tsx';

/** The smallest screen that is drawn on. */
export const MIN_SIZE: Size = { columns: 40, rows: 8 };

export interface ScreenProps {
  readonly model: Model;
  readonly scene: Scene;
  readonly size: Size;
}

/** A whole frame: as many rows as the terminal has. */
export function Screen({ model, scene, size }: ScreenProps): ReactElement {
  const { columns, rows } = size;
  if (columns < MIN_SIZE.columns || rows < MIN_SIZE.rows) {
    return <Rows lines={tooSmall(size)} rows={rows} />;
  }
  const { settings, replay } = model;
  const context = keyContext(model, scene, size);
  return (
    <Box flexDirection="column" width={columns} height={rows} flexShrink={0}>
      <Header model={model} scene={scene} columns={columns} />
      <Body model={model} scene={scene} size={size} />
      {replay !== null && <ReplayBar position={replay} settings={settings} columns={columns} />}
      <Footer bindings={activeBindings(model.view, context)} glyphs={settings.glyphs} columns={columns} />
    </Box>
  );
}

function Body({ model, scene, size }: ScreenProps): ReactElement {
  const { columns } = size;
  const rows = bodyRows(model, size);
  const { view } = model;
  if (view.over !== null) {
    const lines = overLines(model, scene, size);
    const top = Math.max(0, Math.min(view.overTop, lines.length - rows));
    const Over = view.over === 'help' ? Help : Events;
    return <Over lines={lines} top={top} rows={rows} />;
  }
  switch (scene.kind) {
    case 'nothing':
      return <Rows lines={spaciousNoticeLines(model, scene, columns)} rows={rows} />;
    case 'list':
      return <ListScreen model={model} scene={scene} columns={columns} rows={rows} />;
    case 'interface':
      return <InterfaceScreen model={model} scene={scene} columns={columns} rows={rows} />;
  }
}

function tooSmall({ columns, rows }: Size): Line[] {
  const text = ['terminal too small', `(have ${columns}×${rows}, need ${MIN_SIZE.columns}×${MIN_SIZE.rows})`];
  const lines = columns >= text.join(' ').length ? [text.join(' ')] : text;
  return lines.slice(0, rows).map((line) => [span(line.slice(0, columns), 'warn')]);
}
