import { maskSecrets } from '@ifcast/broker';

import { printable } from '../base/log.ts';
import type { ConfigFault } from './config-error.ts';
import { didYouMean } from './did-you-mean.ts';
import { formatKeyPath, type KeyPath } from './key-path.ts';
import type { KeyPositions, Position } from './key-positions.ts';
import { TomlDate, type TomlValue } from './toml-document.ts';

const SHOWN_CHARACTERS = 60;

/** What is wrong with one file, in the order in which it was found. */
export class Findings {
  readonly file: string;
  readonly faults: ConfigFault[] = [];
  /** What is usable, but hardly meant. */
  readonly warnings: ConfigFault[] = [];
  /** The names of all keys that a file may have, such as `mqtt.url`; without the indices of arrays. */
  readonly #allKeys: readonly string[];
  readonly #positions: KeyPositions;

  constructor(file: string, positions: KeyPositions, allKeys: readonly string[]) {
    this.file = file;
    this.#positions = positions;
    this.#allKeys = allKeys;
  }

  /** The key that was meant by an unknown one: a neighbour with a similar name, or the same name in another table. */
  meant(path: KeyPath): string | null {
    const names = path.filter((step) => typeof step === 'string');
    const name = names.pop() ?? '';
    const table = names.map((parent) => `${parent}.`).join('');
    const siblings = this.#allKeys
      .filter((known) => known.startsWith(table))
      .map((known) => known.slice(table.length))
      .filter((known) => !known.includes('.'));
    const similar = didYouMean(name, siblings);
    if (similar !== null) return similar;
    if (this.#allKeys.includes(name)) return `${name} at the top of the file, before the first [table]`;
    return this.#allKeys.find((known) => known.endsWith(`.${name}`)) ?? null;
  }

  /** Where the key or value stands; of one that is not there, where what should hold it stands. */
  position(path: KeyPath, part: 'key' | 'value'): Position {
    for (let depth = path.length; depth > 0; depth--) {
      const found = this.#positions(path.slice(0, depth));
      if (found !== undefined) return found[part];
    }
    return { line: 1, column: 1 };
  }
}

/** A place in the document that is being checked: it knows where it stands and takes the faults found there. */
export class Place {
  readonly path: KeyPath;
  readonly #findings: Findings;

  constructor(findings: Findings, path: KeyPath = []) {
    this.#findings = findings;
    this.path = path;
  }

  /** The place of a key or an element within this one. */
  at(step: string | number): Place {
    return new Place(this.#findings, [...this.path, step]);
  }

  /** The file's name, as the user gave it. */
  get file(): string {
    return this.#findings.file;
  }

  /** How many faults have been found so far. */
  get faults(): number {
    return this.#findings.faults.length;
  }

  /** Notes that `value` is not what it should be: `70000 is not a port from 0 to 65535`. */
  isNot(value: TomlValue, expected: string): undefined {
    this.fault(`${shown(value)} is not ${expected}`);
  }

  /** Notes that the key of this place does not exist. */
  unknownKey(): void {
    const meant = this.#findings.meant(this.path);
    this.fault(
      `there is no such key${meant === null ? '; "ifcastd init" shows all' : `, did you mean ${meant}?`}`,
      'key',
    );
  }

  /** Notes a fault; the message says what is wrong and what would be right. */
  fault(message: string, part: 'key' | 'value' = 'value'): undefined {
    this.#findings.faults.push(this.#finding(message, part));
  }

  warn(message: string): void {
    this.#findings.warnings.push(this.#finding(message, 'value'));
  }

  #finding(message: string, part: 'key' | 'value'): ConfigFault {
    const { file } = this.#findings;
    return {
      file,
      key: formatKeyPath(this.path),
      position: this.#findings.position(this.path, part),
      message,
    };
  }
}

/** A value as messages show it: on one line, harmless on a terminal, shortened. */
function shown(value: TomlValue): string {
  if (typeof value === 'string') {
    const text = [...maskSecrets(value)];
    const end = text.length > SHOWN_CHARACTERS ? '…' : '';
    return printable(JSON.stringify(text.slice(0, SHOWN_CHARACTERS).join('') + end));
  }
  if (typeof value === 'number') return Number.isInteger(value) ? value.toFixed(1) : String(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return value instanceof Date || value instanceof TomlDate ? 'a date or time' : 'a table';
}
