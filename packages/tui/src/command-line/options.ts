import type { Broker } from '../connection/session.ts';
import type { Units } from '../text/format.ts';
import type { Palette } from '../theme/palette.ts';

/** What the command line asks for, checked. */
export interface Options {
  readonly brokers: readonly Broker[];
  readonly version: 'auto' | '5' | '3.1.1';
  readonly ca: Buffer | null;
  readonly cert: Buffer | null;
  readonly key: Buffer | null;
  readonly servername: string | null;
  /** The topic base. */
  readonly topic: string;
  /** Topic levels; `+` for all. */
  readonly onlyHost: string;
  readonly onlyInterface: string;
  readonly output: 'screen' | 'plain' | 'json';
  /** End after so many broadcasts; `null`: never. */
  readonly count: number | null;
  readonly timeoutMs: number | null;
  /** File that every event is written to. */
  readonly record: { readonly file: string; readonly overwrite: boolean } | null;
  /** A recording; the file `-` is standard input. */
  readonly replay: { readonly file: string; readonly speed: number } | null;
  readonly units: Units;
  readonly colour: boolean;
  /** Styles in colours of the reader's own. */
  readonly colours: Partial<Palette>;
  readonly ascii: boolean;
}
