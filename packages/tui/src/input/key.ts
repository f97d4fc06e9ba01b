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

/** What the keys need to know of what is seen. */
export interface KeyContext {
  readonly scene: 'nothing' | 'list' | 'interface';
  /** Keys of the interfaces by name, in the order of ←→. */
  readonly interfaces: readonly string[];
  /** Keys of the interfaces that the list shows, in its order. */
  readonly listed: readonly string[];
  /** Rows of the list that there is room for. */
  readonly listRows: number;
  /** Names of the filters of all hosts: what `f` goes through. */
  readonly filterNames: readonly string[];
  /** Filters of the interface that is shown. */
  readonly filters: number;
  /** The sizes take the place of the graph. */
  readonly sizesHideGraph: boolean;
  /** The speed of the link is known. */
  readonly linkKnown: boolean;
  readonly connected: boolean;
  /** This is a recording. */
  readonly replay: boolean;
  /** Rows of what is over the screen, and those that there is room for. */
  readonly over: { readonly rows: number; readonly room: number };
}
