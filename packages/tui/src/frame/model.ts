import type { Liveness } from '../liveness.ts';
import type { State } from '../state.ts';
import type { Target } from '../targets.ts';
import type { View } from '../view.ts';
import type { FilterRow } from './filter-rows.ts';
import type { Glyphs } from './glyphs.ts';

/** What a frame is made of. */
export interface Model {
  readonly state: State;
  readonly view: View;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly settings: Settings;
}

export interface Settings {
  /** What is subscribed to, for people: `ifcast/` or `ifcast/gw-01/`. */
  readonly topic: string;
  readonly glyphs: Glyphs;
  readonly ascii: boolean;
  /** The time of day where the reader is. */
  readonly timeOfDay: (at: number) => string;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The interface that is shown. */
export interface Shown {
  readonly target: Target;
  readonly liveness: Liveness;
  readonly rows: readonly FilterRow[];
  /** Its place among all, from 1. */
  readonly position: number;
  readonly count: number;
}
