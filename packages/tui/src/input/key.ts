import type { View } from './view.ts';

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
