import { TuiError } from '../base/tui-error.ts';
import { sanitizeText } from '../connection/sanitize.ts';
import type { KeyPlace, Place } from './key-places.ts';

type Path = readonly (string | number)[];

const SHOWN_CHARACTERS = 60;

/** Everything that is wrong in a configuration file, each with its place. */
export class ConfigFaults {
  readonly #file: string;
  readonly #places: (path: Path) => KeyPlace | null;
  readonly #faults: { readonly at: Place; readonly text: string }[] = [];

  constructor(file: string, places: (path: Path) => KeyPlace | null) {
    this.#file = file;
    this.#places = places;
  }

  /** Notes what is wrong at a key or its value, and what would be right. */
  add(path: Path, message: string, part: keyof KeyPlace = 'value'): void {
    const at = this.#at(path, part);
    const place = `${this.#file}:${at.line}:${at.column}`;
    this.#faults.push({ at, text: `${place}: ${sanitizeText(`${keyOf(path)}: ${message}`)}` });
  }

  /** Notes that a value is not what it should be: `"fast" is not one of "bits", "bytes"`. */
  isNot(path: Path, value: unknown, expected: string): void {
    this.add(path, `${shown(value)} is not ${expected}`);
  }

  /** @throws {@link TuiError} `config` with every fault in the order of the file, if there is any */
  throwAny(): void {
    if (this.#faults.length === 0) return;
    const sorted = this.#faults.toSorted((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
    throw new TuiError('config', sorted.map(({ text }) => text).join('\n'));
  }

  /** Of a key that is not there: where what should hold it stands. */
  #at(path: Path, part: keyof KeyPlace): Place {
    for (let depth = path.length; depth > 0; depth--) {
      const found = this.#places(path.slice(0, depth));
      if (found !== null) return found[part];
    }
    return { line: 1, column: 1 };
  }
}

/** `alarm[0].above` */
function keyOf(path: Path): string {
  return path
    .map((step, depth) => (typeof step === 'number' ? `[${step}]` : `${depth === 0 ? '' : '.'}${step}`))
    .join('');
}

function shown(value: unknown): string {
  if (typeof value === 'string') {
    const text = [...value];
    const end = text.length > SHOWN_CHARACTERS ? '…' : '';
    return sanitizeText(JSON.stringify(text.slice(0, SHOWN_CHARACTERS).join('') + end));
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value instanceof Date) return 'a date or time';
  return isTable(value) ? 'a table' : String(value);
}

/** A table, not one of TOML's dates. */
export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
