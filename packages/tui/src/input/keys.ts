import { pressInInterface } from './interface-keys.ts';
import type { Key, KeyContext, KeyResult } from './key.ts';
import { pressInFind, pressInList } from './list-keys.ts';
import { nextUnits, type View } from './view.ts';

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
