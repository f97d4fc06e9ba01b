import { seesList } from '../input/view.ts';
import { isLive, type Liveness, livenessOf, STATE_WORDS } from '../store/liveness.ts';
import type { State } from '../store/state.ts';
import { type Target, targetsOf } from '../store/targets.ts';
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

/** An interface in the list, and how it is doing. */
export interface ListedTarget {
  readonly target: Target;
  readonly liveness: Liveness;
}

/** The list of hosts. */
export interface ListScene extends CommonScene {
  readonly kind: 'list';
  /** All interfaces, by name. */
  readonly all: readonly ListedTarget[];
  /** Those that are wanted, in the order of the list. */
  readonly found: readonly ListedTarget[];
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
  if (seesList(view, all.length)) {
    const listed = all.map((target) => ({
      target,
      liveness: livenessOf(state, target.host, target.iface, now),
    }));
    return { kind: 'list', state, now, all: listed, found: found(listed, model) };
  }
  const index = Math.max(
    0,
    all.findIndex(({ key }) => key === view.interfaceKey),
  );
  const target = all[index]!;
  const liveness = livenessOf(state, target.host, target.iface, now);
  const rows = filterRows(target.host, target.counted, liveness, view.zero !== null ? view.zero : null);
  return { kind: 'interface', state, now, all, index, target, liveness, rows };
}

/** The selected filter; `null` where there is none. */
export function selectedRow({ rows }: InterfaceScene, filter: number): FilterRow | null {
  return rows[Math.min(filter, rows.length - 1)] ?? null;
}

function found(all: readonly ListedTarget[], { view, order }: Model): ListedTarget[] {
  const byKey = new Map(all.map((listed) => [listed.target.key, listed]));
  const ordered = order.flatMap((key) => byKey.get(key) ?? []);
  const placed = new Set(order);
  const listed = [...ordered, ...all.filter(({ target }) => !placed.has(target.key))];
  const find = view.list.find.toLowerCase();
  return listed.filter(
    ({ target, liveness }) =>
      (!view.list.liveOnly || isLive(liveness)) && (find === '' || matches(target, liveness, find)),
  );
}

function matches({ label, host }: Target, liveness: Liveness, find: string): boolean {
  if (label.toLowerCase().includes(find) || STATE_WORDS[liveness].startsWith(find)) return true;
  return (host.info?.filters ?? []).some(
    ({ id, name }) => id.toLowerCase().includes(find) || name.toLowerCase().includes(find),
  );
}
