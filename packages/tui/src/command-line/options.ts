import type { SourceOptions } from '../connection/source.ts';
import type { AlarmRule } from '../store/alarms.ts';
import type { Units } from '../text/format.ts';
import type { Palette } from '../theme/palette.ts';

/** What the command line asks for, checked. */
export interface Options extends SourceOptions {
  readonly output: 'screen' | 'plain' | 'json';
  /** End after so many broadcasts; `null`: never. */
  readonly count: number | null;
  readonly timeoutMs: number | null;
  /** File that every event is written to. */
  readonly record: { readonly file: string; readonly overwrite: boolean } | null;
  /** A recording; the file `-` is standard input. */
  readonly replay: { readonly file: string; readonly speed: number } | null;
  readonly units: Units;
  /** The units come from an argument, the environment or the file, so they are not those that the screen was left with. */
  readonly unitsAreChosen: boolean;
  readonly colour: boolean;
  /** Styles in colours of the reader's own. */
  readonly colours: Partial<Palette>;
  readonly ascii: boolean;
  readonly theme: Theme;
  readonly alarms: readonly AlarmRule[];
  /** Where it is kept what the screen was left with, and which hosts were seen; `null`: nothing is kept. */
  readonly stateDirectory: string | null;
}

/** What colours are chosen for: `auto` asks the terminal for its background, `mono` is weight without colour. */
export type Theme = 'auto' | 'dark' | 'light' | 'mono';

export const THEMES: readonly Theme[] = ['auto', 'dark', 'light', 'mono'];
