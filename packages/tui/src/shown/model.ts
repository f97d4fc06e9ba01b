import type { View } from '../input/view.ts';
import type { ReplayPosition } from '../store/event-source.ts';
import type { State } from '../store/state.ts';
import type { Glyphs } from '../text/glyphs.ts';

/** What a frame is made of. */
export interface Model {
  readonly state: State;
  readonly view: View;
  /** Keys of the interfaces in the order of the list; those that are missing come last. */
  readonly order: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Where the recording is; `null`: this is happening now. */
  readonly replay: ReplayPosition | null;
  readonly settings: Settings;
}

export interface Settings {
  /** What is subscribed to, for people: `ifcast/` or `ifcast/gw-01/`. */
  readonly topic: string;
  readonly glyphs: Glyphs;
  readonly ascii: boolean;
  /** The time of day where the reader is: `14:03:22`. */
  readonly timeOfDay: (at: number) => string;
  /** Day and time where the reader is: `21 Nov 08:00`. */
  readonly dayAndTime: (at: number) => string;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}
