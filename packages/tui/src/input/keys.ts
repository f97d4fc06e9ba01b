import { type Binding, type Command, isActive, type KeyTable } from './binding.ts';
import { COMMON_KEYS } from './common-keys.ts';
import { INTERFACE_KEYS } from './interface-keys.ts';
import type { Key, KeyContext } from './key.ts';
import { FIND_KEYS, LIST_KEYS, typeInFind } from './list-keys.ts';
import { EVENTS_KEYS, HELP_KEYS } from './over-keys.ts';
import { REPLAY_KEYS } from './replay-keys.ts';
import type { View } from './view.ts';

export interface KeyResult {
  readonly view: View;
  readonly command: Command | null;
}

/** What a key does. Pure. */
export function press(key: Key, before: View, context: KeyContext): KeyResult {
  // From the first key on, a host that appears does not change what is seen.
  const screen = context.scene === 'nothing' ? before.screen : context.scene;
  const view = { ...before, screen };
  const name = 'name' in key ? key.name : key.character;
  const binding = activeBindings(view, context).find(({ keys }) => keys.includes(name));
  if (binding !== undefined) {
    const outcome = binding.run(view, context, name);
    return typeof outcome === 'string' ? { view, command: outcome } : { view: outcome, command: null };
  }
  if (view.over === 'help') return { view: { ...view, over: null }, command: null };
  if (isFinding(view, context) && 'character' in key) {
    return { view: typeInFind(view, key.character), command: null };
  }
  return { view, command: null };
}

/** The tables of the keys that the screen has now, those that come first win. */
export function keyTables(view: View, context: KeyContext): readonly KeyTable[] {
  if (view.over === 'help') return [HELP_KEYS, CONTROLS];
  if (view.over === 'events') return [EVENTS_KEYS, CONTROLS];
  if (isFinding(view, context)) return [FIND_KEYS, CONTROLS];
  switch (context.scene) {
    case 'nothing':
      return [REPLAY_KEYS, COMMON_KEYS];
    case 'list':
      return [REPLAY_KEYS, RETRY_FIRST, LIST_KEYS, COMMON_KEYS];
    case 'interface':
      return [REPLAY_KEYS, INTERFACE_KEYS, COMMON_KEYS];
  }
}

/** The bindings that do something now. Where two have a key, the first has it. */
export function activeBindings(view: View, context: KeyContext): Binding[] {
  return keyTables(view, context)
    .flatMap(({ bindings }) => bindings)
    .filter((binding) => isActive(binding, view, context));
}

function isFinding({ list }: View, { scene }: KeyContext): boolean {
  return list.finding && scene === 'list';
}

/** While the broker is away, `r` is for that, also where it would turn the order round. */
const RETRY_FIRST: KeyTable = {
  title: COMMON_KEYS.title,
  bindings: COMMON_KEYS.bindings.filter(({ keys }) => keys.includes('r')),
};

/** What works even while every letter is a letter. */
const CONTROLS: KeyTable = {
  title: COMMON_KEYS.title,
  bindings: COMMON_KEYS.bindings
    .filter(({ keys }) => keys.includes('interrupt') || keys.includes('suspend'))
    .map((binding) => ({
      ...binding,
      keys: binding.keys.filter((key) => key === 'interrupt' || key === 'suspend'),
      label: binding.keys.includes('suspend') ? 'Ctrl-Z' : 'Ctrl-C',
      brief: null,
    })),
};
