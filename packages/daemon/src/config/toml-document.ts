import { parse } from 'toml';

import { type KeyPositions, keyPositions, type Position, positionAt } from './key-positions.ts';

/** The largest configuration file that is read, in bytes. */
export const MAX_FILE_BYTES: number = 64 * 1024;
/** Lists and inline tables in each other; no key of ours needs more than one. */
const MAX_DEPTH = 32;

/** A date or a time without a zone, which TOML has and JSON does not. */
export class TomlDate {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Integers are `bigint` and floats are `number`, so that `1` and `1.0` can be told apart. */
export type TomlValue = string | bigint | number | boolean | Date | TomlDate | TomlValue[] | TomlTable;

/** Without a prototype: a key such as `__proto__` is a key like any other. */
export interface TomlTable {
  [key: string]: TomlValue;
}

/** A document that is TOML; nothing is known of its keys. */
export interface TomlDocument {
  readonly table: TomlTable;
  readonly positions: KeyPositions;
}

/** A document that is not TOML. */
export class TomlSyntaxError extends Error {
  override readonly name = 'TomlSyntaxError';
  readonly position: Position;
  /** What it is about, such as `mqtt.url`; `""` where it is about no key. */
  readonly key: string;

  constructor(message: string, position: Position, key: string = '', options?: ErrorOptions) {
    super(message, options);
    this.position = position;
    this.key = key;
  }
}

/**
 * Parses TOML 1.1, with or without a byte order mark.
 *
 * @throws {@link TomlSyntaxError} also where the bytes are not UTF-8 or more than {@link MAX_FILE_BYTES}
 */
export function parseToml(bytes: Uint8Array): TomlDocument {
  const text = decode(bytes);
  try {
    const table = parse(text, {
      bigint: true,
      maxDepth: MAX_DEPTH,
      useTemporal: true,
      temporal: DATES,
    }) as TomlTable;
    return { table, positions: keyPositions(text) };
  } catch (error) {
    throw asSyntaxError(error, text);
  }
}

/** Makes dates and times values of their own; the parser's default would pass the local ones off as strings. */
const local = { from: (text: string) => new TomlDate(text) };
const DATES = {
  ZonedDateTime: { from: (text: string) => new Date(text.replace(/\[.*/, '')) },
  PlainDateTime: local,
  PlainDate: local,
  PlainTime: local,
};

function decode(bytes: Uint8Array): string {
  const text = new TextDecoder('utf-8').decode(bytes);
  if (bytes.length > MAX_FILE_BYTES) {
    const end = positionAt(text, new TextDecoder('utf-8').decode(bytes.subarray(0, MAX_FILE_BYTES)).length);
    throw new TomlSyntaxError(
      `the file is larger than ${MAX_FILE_BYTES / 1024} KiB: is it the right one?`,
      end,
    );
  }
  const invalid = invalidUtf8(bytes, text);
  if (invalid !== null) {
    const byte = bytes[invalid.byte]!.toString(16).padStart(2, '0');
    const message = `byte 0x${byte} is not UTF-8: save the file as UTF-8`;
    throw new TomlSyntaxError(message, positionAt(text, invalid.offset));
  }
  return text;
}

/** The first place where decoding had to put U+FFFD for bytes that are not U+FFFD. */
function invalidUtf8(
  bytes: Uint8Array,
  text: string,
): { readonly byte: number; readonly offset: number } | null {
  const replacement = Buffer.from('\ufffd');
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  let byte = hasMark ? 3 : 0;
  let offset = 0;
  for (const character of text) {
    const length = Buffer.byteLength(character);
    if (character === '\ufffd' && !replacement.equals(bytes.subarray(byte, byte + length)))
      return { byte, offset };
    byte += length;
    offset += character.length;
  }
  return null;
}

/** What the `toml` package throws: its grammar's errors have a `location`, its compiler's `line` and `column`. */
interface ParserError {
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
  readonly location?: { readonly start: Position };
  readonly expected?: readonly { readonly type: string; readonly text?: string }[] | null;
  readonly found?: string | null;
}

function asSyntaxError(cause: unknown, text: string): unknown {
  if (!(cause instanceof Error)) return cause;
  const { message, line, column, location, expected, found } = cause as ParserError;
  if (location !== undefined) {
    const sentence = unexpected(found ?? null, expected ?? []);
    return new TomlSyntaxError(sentence, { line: location.start.line, column: location.start.column }, '', {
      cause,
    });
  }
  if (line !== undefined && column !== undefined) {
    const twice = /^Cannot redefine existing key '(.*)'/.exec(message)?.[1];
    const sentence = twice === undefined ? message.replace(/\.$/, '') : 'it is there a second time: keep one';
    return new TomlSyntaxError(sentence, { line, column }, twice ?? keyInLine(text, line), { cause });
  }
  return cause instanceof RangeError
    ? new TomlSyntaxError('the file is nested too deep', positionAt(text, 0))
    : cause;
}

/** The key that a line gives a value to, with its table; `""` where there is none. */
function keyInLine(text: string, line: number): string {
  const lines = text.split('\n').slice(0, line);
  const name = /^\s*([\w."'-]+)\s*=/.exec(lines.at(-1) ?? '')?.[1];
  if (name === undefined) return '';
  const header = lines.findLast((each) => /^\s*\[/.test(each));
  const table = header === undefined ? undefined : /^\s*\[+\s*([^\]]*?)\s*\]/.exec(header)?.[1];
  return table === undefined ? name : `${table}.${name}`;
}

/** One sentence for a character that fits nowhere; the grammar's own words name every character class. */
function unexpected(found: string | null, expected: NonNullable<ParserError['expected']>): string {
  const literals = new Set(
    expected.flatMap(({ type, text }) => (type === 'literal' && text !== undefined ? [text] : [])),
  );
  const wanted = WANTED.find(([tokens]) => tokens.some((token) => literals.has(token)))?.[1];
  const end = found === null ? 'the file ends' : /[\r\n]/.test(found) ? 'the line ends' : null;
  if (end !== null) return wanted === undefined ? `${end} too early` : `${end} where TOML wants ${wanted}`;
  const character = `the character ${JSON.stringify(found)}`;
  return wanted === undefined
    ? `${character} cannot stand here`
    : `${character} stands where TOML wants ${wanted}`;
}

/** What the grammar is after when it would take one of these tokens; the first that fits counts. */
const WANTED: readonly (readonly [tokens: readonly string[], wanted: string])[] = [
  [['true'], 'a value: "text", a number, true, false or a [list]'],
  [['='], '"=" and a value'],
  [['\\', "'''", "''"], 'the closing quote of a text'],
  [['}'], '"," or "}"'],
  [[','], '"," or "]"'],
  [['"'], 'a key'],
  [["'"], 'the closing quote of a text'],
  [[']'], '"]"'],
  [['inf'], 'a number'],
];
