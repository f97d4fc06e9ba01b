import { seesList } from '../../input/view.ts';
import { type Liveness, livenessOf } from '../../store/liveness.ts';
import type { State } from '../../store/state.ts';
import { type Target, targetsOf } from '../../store/targets.ts';
import { type FilterRow, filterRows } from './filter-rows.ts';
import type { Model } from './model.ts';

/** What the reader looks at: the state of now, or the one that a pause holds. */
export type Scene = NothingScene | ListScene | InterfaceScene;

interface CommonScene {
  readonly state: State;
  readonly now: number;
}

/** No interface is known. */
export interface NothingScene extends CommonScene {
  readonly kind: 'nothing';
}

/** The list of hosts. */
export interface ListScene extends CommonScene {
  readonly kind: 'list';
  /** All interfaces, by name. */
  readonly all: readonly Target[];
  /** Those that are wanted, in the order of the list. */
  readonly targets: readonly Target[];
}

/** One interface. */
export interface InterfaceScene extends CommonScene {
  readonly kind: 'interface';
  /** All interfaces, by name. */
  readonly all: readonly Target[];
  /** Its place among all, from 0. */
  readonly index: number;
  readonly target: Target;
  readonly liveness: Liveness;
  readonly rows: readonly FilterRow[];
}

/** What is to be shown of a model. */
export function sceneOf(model: Model): Scene {
  const { view } = model;
  const state = view.paused?.state ?? model.state;
  const now = view.paused?.at ?? model.now;
  const all = targetsOf(state);
  if (all.length === 0) return { kind: 'nothing', state, now };
  if (seesList(view, all.length)) return { kind: 'list', state, now, all, targets: wanted(all, model) };
  const index = Math.max(
    0,
    all.findIndex(({ key }) => key === view.interfaceKey),
  );
  const target = all[index]!;
  const liveness = livenessOf(state, target.host, target.iface, now);
  const rows = filterRows(target.host, target.counted, liveness, view);
  return { kind: 'interface', state, now, all, index, target, liveness, rows };
}

function wanted(all: readonly Target[], { view, order }: Model): Target[] {
  const byKey = new Map(all.map((target) => [target.key, target]));
  const ordered = order.flatMap((key) => byKey.get(key) ?? []);
  const placed = new Set(order);
  const targets = [...ordered, ...all.filter(({ key }) => !placed.has(key))];
  const find = view.list.find.toLowerCase();
  return find === '' ? targets : targets.filter(({ label }) => label.toLowerCase().includes(find));
}
