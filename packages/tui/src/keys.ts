import { nextChange, nextGraph, nextSpan, nextUnits, type View } from './view.ts';

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
  | 'interrupt';

/** A key, as the terminal told it. */
export type Key = { readonly character: string } | { readonly name: KeyName };

/** What a key leads to beside another view. */
export type Command = 'quit' | 'quit-keeping-screen' | 'retry' | 'pause' | 'resume' | 'zero';

/** What the keys need to know of what is shown. */
export interface KeyContext {
  /** Keys of the interfaces, in the order of ←→. */
  readonly interfaces: readonly string[];
  /** Filters of the interface that is shown. */
  readonly filters: number;
  /** The graph is beside the table. */
  readonly graphBesideTable: boolean;
}

export interface KeyResult {
  readonly view: View;
  readonly command: Command | null;
}

/** What a key does. Pure. */
export function press(key: Key, view: View, context: KeyContext): KeyResult {
  if ('name' in key && key.name === 'interrupt') return { view, command: 'quit' };
  if ('character' in key && (key.character === 'q' || key.character === 'Q')) {
    return { view, command: key.character === 'q' ? 'quit' : 'quit-keeping-screen' };
  }
  // Any key closes the help.
  if (view.help) return to(view, { help: false });
  return 'name' in key ? pressNamed(key.name, view, context) : pressCharacter(key.character, view, context);
}

function pressNamed(name: KeyName, view: View, context: KeyContext): KeyResult {
  switch (name) {
    case 'up':
      return to(view, { filter: moved(view.filter, -1, context.filters) });
    case 'down':
      return to(view, { filter: moved(view.filter, 1, context.filters) });
    case 'home':
    case 'pageUp':
      return to(view, { filter: 0 });
    case 'end':
    case 'pageDown':
      return to(view, { filter: Math.max(0, context.filters - 1) });
    case 'left':
    case 'shiftTab':
      return to(view, { iface: neighbour(view, context, -1) });
    case 'right':
    case 'tab':
      return to(view, { iface: neighbour(view, context, 1) });
    case 'escape':
      return to(view, { body: 'table' });
    case 'enter':
    case 'backspace':
    case 'interrupt':
      return to(view, {});
  }
}

function pressCharacter(character: string, view: View, context: KeyContext): KeyResult {
  switch (character) {
    case '?':
      return to(view, { help: true });
    case ' ':
    case 'p':
      return { view, command: view.paused === null ? 'pause' : 'resume' };
    case 'k':
      return pressNamed('up', view, context);
    case 'j':
      return pressNamed('down', view, context);
    case 'h':
      return pressNamed('left', view, context);
    case 'l':
      return pressNamed('right', view, context);
    case 'd':
      return to(view, nextChange(view));
    case 'u':
      return to(view, nextUnits(view));
    case 'e':
      return to(view, { exact: !view.exact });
    case 'b':
      return to(view, { body: view.body === 'sizes' ? 'table' : 'sizes' });
    case 'g':
      return to(view, nextGraph(view, context.graphBesideTable));
    case 't':
      return to(view, nextSpan(view));
    case 'z':
      return { view, command: 'zero' };
    case 'Z':
      return to(view, { zero: null });
    case 'r':
      return { view, command: 'retry' };
    default:
      return to(view, {});
  }
}

function to(view: View, change: Partial<View>): KeyResult {
  return { view: { ...view, ...change }, command: null };
}

function moved(index: number, by: number, count: number): number {
  return Math.max(0, Math.min(count - 1, index + by));
}

function neighbour(view: View, { interfaces }: KeyContext, by: number): string | null {
  const at = Math.max(0, view.iface === null ? 0 : interfaces.indexOf(view.iface));
  return interfaces[(at + by + interfaces.length) % interfaces.length] ?? null;
}
