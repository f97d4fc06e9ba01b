import { eventLines } from '../components/events.tsx';
import { helpLines } from '../components/help.tsx';
import { type Binding, isActive } from '../input/binding.ts';
import type { KeyContext } from '../input/key.ts';
import { keyTables } from '../input/keys.ts';
import type { Model, Size } from '../shown/model.ts';
import type { Scene } from '../shown/scene.ts';
import { filterNames } from '../store/ranking.ts';
import type { Line } from '../text/line.ts';
import { sizesHideGraph } from './interface-layout.ts';
import { seenInterfaces } from './list-screen.tsx';

/** The rows between header and footer. */
export function bodyRows({ replay }: Model, { rows }: Size): number {
  return Math.max(1, rows - 2 - (replay === null ? 0 : 1));
}

/** What the keys need to know of a frame. */
export function keyContext(model: Model, scene: Scene, size: Size): KeyContext {
  const { view, state } = model;
  const room = { columns: size.columns, rows: bodyRows(model, size) };
  return {
    scene: scene.kind,
    interfaces: interfacesOf(scene),
    listed: scene.kind === 'list' ? scene.found.map(({ target }) => target.key) : [],
    listRows: scene.kind === 'list' ? seenInterfaces(model, scene, room) : room.rows,
    filterNames: scene.kind === 'list' ? filterNames(scene.state) : [],
    filters: scene.kind === 'interface' ? scene.rows.length : 0,
    sizesHideGraph: sizesHideGraph({ ...view, pane: 'sizes' }, size.columns),
    linkKnown: scene.kind === 'interface' && (scene.target.described?.link_mbit_per_s ?? 0) > 0,
    connected: state.connection.phase === 'connected',
    replay: model.replay !== null,
    over: { rows: view.over === null ? 0 : overLines(model, scene, size).length, room: room.rows },
  };
}

function interfacesOf(scene: Scene): string[] {
  switch (scene.kind) {
    case 'nothing':
      return [];
    case 'list':
      return scene.all.map(({ target }) => target.key);
    case 'interface':
      return scene.all.map(({ key }) => key);
  }
}

/** The lines of what is over the screen: of the help about what is below it, or of the events. */
export function overLines(model: Model, scene: Scene, size: Size): Line[] {
  const { view, settings } = model;
  if (view.over === 'events') return eventLines(model.state.journal, settings, size.columns);
  const below = keyContext({ ...model, view: { ...view, over: null } }, scene, size);
  const plain = { ...view, over: null, list: { ...view.list, finding: false } };
  const seen = new Set<Binding>();
  const tables = keyTables(plain, below).flatMap(({ title, bindings }) => {
    const active = bindings.filter((binding) => isActive(binding, plain, below) && !seen.has(binding));
    for (const binding of active) seen.add(binding);
    return active.length === 0 ? [] : [{ title, bindings: active }];
  });
  return helpLines(tables, settings.glyphs, size.columns);
}
