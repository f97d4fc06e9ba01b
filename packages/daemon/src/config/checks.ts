import { MAX_SIZE_UPPER_BOUNDS, topicLevel } from '@ifcast/protocol';

import { printable } from '../base/log.ts';
import type { Check } from './table.ts';

const IFNAMSIZ = 16;
/** No packet is larger, with Linux's BIG TCP neither. */
const MAX_PACKET_BYTES = 1_000_000;

/** One of a few words. */
export function oneOf<const W extends string>(...words: readonly W[]): Check<W> {
  const expected = `one of ${words.map((word) => `"${word}"`).join(', ')}`;
  return (value, place) => words.find((word) => word === value) ?? place.isNot(value, expected);
}

/** `true` or `false`. */
export const bool: Check<boolean> = (value, place) =>
  typeof value === 'boolean' ? value : place.isNot(value, 'true or false');

/** A whole number; `what` names it with its unit, for example `a number of milliseconds`. */
export function integer(min: number, max: number, what: string): Check<number> {
  return (value, place) => {
    const fits = typeof value === 'bigint' && value >= BigInt(min) && value <= BigInt(max);
    return fits ? Number(value) : place.isNot(value, `${what} from ${min} to ${max}`);
  };
}

/** Text for people: no line ends, nothing invisible. */
export function text(maxCharacters: number): Check<string> {
  return (value, place) => {
    if (typeof value !== 'string') return place.isNot(value, 'text in quotes');
    if (value !== printable(value))
      return place.isNot(value, 'text without control and invisible characters');
    if ([...value].length > maxCharacters)
      return place.isNot(value, `a text of at most ${maxCharacters} characters`);
    return value.trim() === '' ? place.isNot(value, 'a text that can be read') : value;
  };
}

/** Takes `""` for "not set", and leaves the rest to the check. */
export function orEmpty<T>(check: Check<T>): Check<T | null> {
  return (value, place) => (value === '' ? null : check(value, place));
}

/** One value, or a list of at least one. */
export function oneOrMore<T>(check: Check<T>): Check<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) {
      const single = check(value, place);
      return single === undefined ? undefined : [single];
    }
    if (value.length === 0)
      return place.fault('the list is empty: give one value or more, or leave the key out');
    const checked = value.map((element, index) => check(element, place.at(index)));
    return checked.every((element) => element !== undefined) ? checked : undefined;
  };
}

/** A name that Linux would give an interface. */
const interfaceName: Check<string> = (value, place) => {
  if (typeof value !== 'string') return place.isNot(value, 'the name of an interface in quotes');
  if (value === 'any')
    return place.fault('"any" is no interface: name each that is to be counted, or give "auto"');
  if (isInterfaceName(value)) return value;
  return place.isNot(
    value,
    `the name of an interface: 1 to ${IFNAMSIZ - 1} bytes without "/", ":" and white space`,
  );
};

/** dev_valid_name() of the kernel's net/core/dev.c, whose isspace() knows the byte 0xa0 too. */
function isInterfaceName(name: string): boolean {
  const bytes = Buffer.from(name);
  const forbidden = (byte: number) =>
    byte <= 0x20 && (byte === 0 || byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
  if (bytes.length === 0 || bytes.length >= IFNAMSIZ || name === '.' || name === '..') return false;
  return !bytes.some((byte) => forbidden(byte) || byte === 0xa0 || byte === 0x2f || byte === 0x3a);
}

/** `"auto"`, a name, or a list of names that do not share a topic. */
export const interfaces: Check<readonly string[] | 'auto'> = (value, place) => {
  if (value === 'auto') return 'auto';
  const names = oneOrMore(interfaceName)(value, place);
  if (names === undefined) return undefined;
  if (names.includes('auto')) {
    return names.length === 1 ? 'auto' : place.fault('"auto" stands alone: name all interfaces, or none');
  }
  for (const [index, name] of names.entries()) {
    const first = names.findIndex((other) => topicLevel(other) === topicLevel(name));
    if (first === index) continue;
    const at = place.at(index);
    if (names[first] === name) return at.fault(`the interface "${name}" is named twice`);
    return at.fault(
      `the interfaces "${names[first]}" and "${name}" would share the topic level "${topicLevel(name)}": count one of them`,
    );
  }
  return names;
};

/** Ascending inclusive upper bounds of the size buckets, in bytes. */
export const sizeUpperBounds: Check<readonly number[]> = (value, place) => {
  const expected = `a list of 1 to ${MAX_SIZE_UPPER_BOUNDS} packet sizes in bytes, for example [128, 1024]`;
  if (!Array.isArray(value) || value.length === 0) return place.isNot(value, expected);
  if (value.length > MAX_SIZE_UPPER_BOUNDS)
    return place.fault(`${value.length} sizes are too many: give ${expected}`);
  const size = integer(1, MAX_PACKET_BYTES, 'a packet size in bytes');
  const bounds = value.map((element, index) => size(element, place.at(index)));
  const unsorted = bounds.findIndex(
    (bound, index) => index > 0 && Number(bound) <= Number(bounds[index - 1]),
  );
  if (unsorted > 0)
    return place.at(unsorted).isNot(value[unsorted]!, 'more than the size before it: sizes ascend');
  return bounds.every((bound) => bound !== undefined) ? bounds : undefined;
};
