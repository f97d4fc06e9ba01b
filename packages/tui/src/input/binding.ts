import type { Glyphs } from '../text/glyphs.ts';
import type { KeyContext, KeyName } from './key.ts';
import type { View } from './view.ts';

/** What a key leads to beside another view. */
export type Command =
  | 'suspend'
  | 'quit'
  | 'quit-keeping-screen'
  | 'retry'
  | 'pause'
  | 'resume'
  | 'zero'
  | 'seek-forward'
  | 'seek-back'
  | 'faster'
  | 'slower';

/** The view after a key, or a command. */
export type Outcome = View | Command;

/**
 * A key, what it does, and how the footer and the help say so. Everything that is known of a key stands in its binding,
 * so that neither can name a key that does nothing, or keep one back.
 */
export interface Binding {
  /** Characters, and names of other keys. */
  readonly keys: readonly (string | KeyName)[];
  /** The keys as they are written: a sign of the screen, or a text. */
  readonly label: keyof Glyphs | (string & {});
  /** In the footer: one word, or `null` where the help is enough. */
  readonly brief: string | null;
  /** In the help: what it does, as much as it takes. */
  readonly help: string;
  /** The footer leaves out the largest first where there is no room. */
  readonly rank: number;
  /** Whether it does something now; always, where there is none. */
  readonly when?: (view: View, context: KeyContext) => boolean;
  readonly run: (view: View, context: KeyContext, key: string) => Outcome;
}

/** The bindings of one screen under its name in the help. */
export interface KeyTable {
  readonly title: string;
  readonly bindings: readonly Binding[];
}

/** The label as the screen writes it. */
export function labelOf(binding: Binding, glyphs: Glyphs): string {
  const sign = glyphs[binding.label as keyof Glyphs];
  return typeof sign === 'string' ? sign : binding.label;
}

/** Whether the key does something now. */
export function isActive(binding: Binding, view: View, context: KeyContext): boolean {
  return binding.when?.(view, context) ?? true;
}
