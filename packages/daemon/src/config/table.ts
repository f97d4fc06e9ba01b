import type { Place } from './place.ts';
import type { TomlTable, TomlValue } from './toml-document.ts';
import { TomlDate } from './toml-document.ts';

/** Turns a TOML value into what the daemon works with, or notes at its place why not and returns `undefined`. */
export type Check<T> = (value: TomlValue, place: Place) => T | undefined;

/** One key of a table. */
export interface Key<T> {
  readonly check: Check<T>;
  /** What counts when the key is not there, or faulty. */
  readonly default: T;
  /** What a key that has to be there should hold. */
  readonly required?: string;
  /** What a key of an earlier version is called now. */
  readonly renamedTo?: string;
  /** Of a table or an array of tables. */
  readonly keys?: Keys;
}

/** The keys of a table by their names. */
export type Keys = Readonly<Record<string, Key<unknown>>>;

/** What reading a table gives. */
export type ValuesOf<K extends Keys> = { readonly [Name in keyof K]: K[Name]['default'] };

export function key<T>(check: Check<T>, defaultValue: NoInfer<T>): Key<T> {
  return { check, default: defaultValue };
}

/** A key that has to be there; `null` where it is not, or faulty. */
export function requiredKey<T>(check: Check<T>, expected: string): Key<T | null> {
  return { check, default: null, required: expected };
}

/** A key of an earlier version. */
export function renamedKey(to: string): Key<null> {
  const check: Check<null> = (_value, place) => place.fault(`this key is called "${to}" now`, 'key');
  return { check, default: null, renamedTo: to };
}

/**
 * A table with keys of its own; one that is not there is as if it were empty.
 *
 * @param finish - makes of its values what the daemon works with
 * @param examine - notes what does not go together; only called for a table that is there
 */
export function tableKey<const K extends Keys, T>(
  keys: K,
  finish: (values: ValuesOf<K>) => T,
  examine: (values: ValuesOf<K>, place: Place) => void = () => {},
): Key<T> {
  const check = (value: TomlValue, place: Place): T => {
    const values = readTable(value, keys, place);
    examine(values, place);
    return finish(values);
  };
  return { check, default: finish(defaultsOf(keys)), keys };
}

/** `[[name]]`; `null` when there is none. Every table is read, then `finish` makes something of them all. */
export function tableArrayKey<const K extends Keys, T>(
  keys: K,
  finish: (tables: readonly ValuesOf<K>[], place: Place) => T,
): Key<T | null> {
  const check: Check<T | null> = (value, place) => {
    if (!Array.isArray(value) || !value.every(isTable)) {
      const name = place.path.at(-1);
      return place.fault(
        isTable(value) ? `write it with two brackets: [[${name}]]` : `write each as a table: [[${name}]]`,
      );
    }
    return finish(
      value.map((table, index) => readTable(table, keys, place.at(index))),
      place,
    );
  };
  return { check, default: null, keys };
}

function defaultsOf<K extends Keys>(keys: K): ValuesOf<K> {
  return Object.fromEntries(
    Object.entries(keys).map(([name, { default: value }]) => [name, value]),
  ) as ValuesOf<K>;
}

function isTable(value: TomlValue): value is TomlTable {
  return (
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof TomlDate)
  );
}

/** Reads every key of a table. A faulty value is noted and its default returned, so that all faults come to light. */
export function readTable<K extends Keys>(value: TomlValue, keys: K, place: Place): ValuesOf<K> {
  if (!isTable(value)) {
    place.isNot(value, 'a table');
    return defaultsOf(keys);
  }
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(keys, name)) place.at(name).unknownKey();
  }
  const read = Object.entries(keys).map(([name, { check, default: fallback, required }]) => {
    const given = value[name];
    if (given !== undefined) return [name, check(given, place.at(name)) ?? fallback];
    if (required !== undefined) place.at(name).fault(`the key is missing: give ${required}`);
    return [name, fallback];
  });
  return Object.fromEntries(read) as ValuesOf<K>;
}
