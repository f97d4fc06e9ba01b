import { pressInInterface } from './interface-keys.ts';
import { pressInFind, pressInList } from './list-keys.ts';
import { nextUnits, type View } from './view.ts';

/** The keys that are not characters. */
export type KeyName =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'pageUp'
  | 'pageDown'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'tab'
  | 'shiftTab'
  | 'backspace'
  | 'interrupt'
  | 'suspend';

/** A key, as the terminal told it: a printable character or the name of another key. */
export type Key = { readonly character: string } | { readonly name: KeyName };

/** What a key leads to beside another view. */
export type Command = 'suspend' | 'quit' | 'quit-keeping-screen' | 'retry' | 'pause' | 'resume' | 'zero';

/** What the keys need to know of what is seen. */
export interface KeyContext {
  readonly scene: 'nothing' | 'list' | 'interface';
  /** Keys of the interfaces by name, in the order of ←→. */
  readonly interfaces: readonly string[];
  /** Keys of the interfaces that the list shows, in its order. */
  readonly listed: readonly string[];
  /** Rows of the list that there is room for. */
  readonly listRows: number;
  /** Filters of the interface that is shown. */
  readonly filters: number;
  /** The graph is beside the table. */
  readonly graphBesideTable: boolean;
  readonly connected: boolean;
}

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
  if (name === 'interrupt') return { view, command: 'quit' };
  if (name === 'suspend') return { view, command: 'suspend' };
  // While a name is being typed, every letter is a letter.
  if (view.list.finding && context.scene === 'list') return { view: pressInFind(key, view), command: null };
  if (name === 'q') return { view, command: 'quit' };
  if (name === 'Q') return { view, command: 'quit-keeping-screen' };
  // Any key closes the help.
  if (view.help) return { view: { ...view, help: false }, command: null };
  switch (name) {
    case '?':
      return { view: { ...view, help: true }, command: null };
    case ' ':
    case 'p':
      return { view, command: view.paused === null ? 'pause' : 'resume' };
    case 'u':
      return { view: nextUnits(view), command: null };
    case 'e':
      return { view: { ...view, exact: !view.exact }, command: null };
    case 'r':
      if (!context.connected) return { view, command: 'retry' };
      break;
    case 'z':
      return { view, command: 'zero' };
    case 'Z':
      return { view: { ...view, zero: null }, command: null };
    default:
      break;
  }
  switch (context.scene) {
    case 'nothing':
      return { view, command: null };
    case 'list':
      return { view: pressInList(name, view, context), command: null };
    case 'interface':
      return { view: pressInInterface(name, view, context), command: null };
  }
}
