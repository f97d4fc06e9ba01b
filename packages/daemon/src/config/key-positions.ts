import { formatKeyPath, type KeyPath } from './key-path.ts';

/** A place in a text; both count from 1. A column is a UTF-16 unit, as editors and the `toml` package count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where a key and its value begin. For a table that `[name]` opens, both are the header's. */
interface KeyPosition {
  readonly key: Position;
  readonly value: Position;
}

/** The position of every key and every array element of a TOML document. */
export type KeyPositions = (path: KeyPath) => KeyPosition | undefined;

/**
 * Finds the keys of a TOML 1.1 document. The `toml` package tells no positions.
 *
 * @param text - a document that the `toml` package has accepted: nothing is checked again
 */
export function keyPositions(text: string): KeyPositions {
  const scanner = new Scanner(text);
  scanner.document();
  return (path) => scanner.found.get(formatKeyPath(path));
}

/** The position of a character of the text, which counts from 0. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}

class Scanner {
  readonly found: Map<string, KeyPosition> = new Map();
  readonly #text: string;
  readonly #lineStarts: readonly number[];
  /** How many tables each array of tables has so far, by its formatted path. */
  readonly #tableCounts = new Map<string, number>();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#lineStarts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  }

  document(): void {
    let table: KeyPath = [];
    for (this.#skipBlank(); this.#at < this.#text.length; this.#skipBlank()) {
      if (this.#peek('[[')) table = this.#header(2);
      else if (this.#peek('[')) table = this.#header(1);
      else this.#keyValue(table);
    }
  }

  /** `[a.b]` or, with two brackets, `[[a.b]]`. Returns the path of the table that it opens. */
  #header(brackets: 1 | 2): KeyPath {
    const opening = this.#at;
    this.#at += brackets;
    const keys = this.#dottedKey();
    this.#skipBlank();
    this.#at += brackets;
    let path: KeyPath = [];
    for (const [depth, { name }] of keys.entries()) {
      path = [...path, name];
      this.#record(path, opening, opening);
      if (depth === keys.length - 1 && brackets === 2) {
        const id = formatKeyPath(path);
        this.#tableCounts.set(id, (this.#tableCounts.get(id) ?? 0) + 1);
      }
      path = this.#lastTable(path);
      this.#record(path, opening, opening);
    }
    return path;
  }

  /** Where the path is an array of tables, its newest table: that is what later headers and keys extend. */
  #lastTable(path: KeyPath): KeyPath {
    const count = this.#tableCounts.get(formatKeyPath(path));
    return count === undefined ? path : [...path, count - 1];
  }

  #keyValue(table: KeyPath): void {
    const keys = this.#dottedKey();
    this.#at += 1; // =
    this.#skipBlank();
    let path = table;
    for (const { name, offset } of keys) {
      path = [...path, name];
      this.#record(path, offset, this.#at);
    }
    this.#value(path);
  }

  /** One or more keys joined by dots, up to what ends them. */
  #dottedKey(): { readonly name: string; readonly offset: number }[] {
    const keys = [];
    do {
      if (this.#peek('.')) this.#at += 1;
      this.#skipBlank();
      keys.push(this.#simpleKey());
      this.#skipBlank();
    } while (this.#peek('.'));
    return keys;
  }

  #simpleKey(): { readonly name: string; readonly offset: number } {
    const offset = this.#at;
    if (this.#peek('"')) {
      this.#string('"');
      return { name: unescapeBasic(this.#text.slice(offset + 1, this.#at - 1)), offset };
    }
    if (this.#peek("'")) {
      this.#string("'");
      return { name: this.#text.slice(offset + 1, this.#at - 1), offset };
    }
    this.#skip(/[A-Za-z0-9_-]+/y);
    return { name: this.#text.slice(offset, this.#at), offset };
  }

  #value(path: KeyPath): void {
    const quote = ['"""', "'''", '"', "'"].find((mark) => this.#peek(mark));
    if (quote !== undefined) this.#string(quote);
    else if (this.#peek('[')) this.#array(path);
    else if (this.#peek('{')) this.#inlineTable(path);
    else this.#skip(/[^,\]}#\r\n]+/y); // a number, a boolean or a date, which may have a space inside
  }

  #array(path: KeyPath): void {
    this.#at += 1;
    for (let index = 0; !this.#closes(']'); index++) {
      const element = [...path, index];
      this.#record(element, this.#at, this.#at);
      this.#value(element);
    }
  }

  #inlineTable(path: KeyPath): void {
    this.#at += 1;
    while (!this.#closes('}')) this.#keyValue(path);
  }

  /** Skips blanks and a comma; whether the bracket comes, which it then skips too. */
  #closes(bracket: string): boolean {
    this.#skipBlank();
    if (this.#peek(',')) this.#at += 1;
    this.#skipBlank();
    if (!this.#peek(bracket)) return false;
    this.#at += 1;
    return true;
  }

  /** Skips a string of any of the four kinds. */
  #string(quote: string): void {
    this.#at += quote.length;
    while (!this.#peek(quote)) this.#at += this.#peek('\\') && quote.startsWith('"') ? 2 : 1;
    this.#at += quote.length;
    // A multi-line string may end in one or two quotes of its own.
    if (quote.length === 3) this.#skip(quote === '"""' ? /"{0,2}/y : /'{0,2}/y);
  }

  /** Skips white space, line ends and comments. */
  #skipBlank(): void {
    this.#skip(/(?:[ \t\r\n]+|#[^\n]*)*/y);
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    this.#at += pattern.exec(this.#text)?.[0].length ?? 0;
  }

  #peek(token: string): boolean {
    if (this.#at >= this.#text.length)
      throw new RangeError('a TOML document was scanned that was not accepted');
    return this.#text.startsWith(token, this.#at);
  }

  /** The first mention counts: `[a.b]` before `[a]`, `a.b = 1` before `a.c = 2`. */
  #record(path: KeyPath, key: number, value: number): void {
    const id = formatKeyPath(path);
    if (!this.found.has(id)) this.found.set(id, { key: this.#position(key), value: this.#position(value) });
  }

  #position(offset: number): Position {
    let low = 0;
    for (let high = this.#lineStarts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if (this.#lineStarts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - this.#lineStarts[low]! + 1 };
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  e: '\u001b',
};

function unescapeBasic(text: string): string {
  return text.replace(
    /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/gu,
    (_all, x, u, U, letter) => {
      const hex: string | undefined = x ?? u ?? U;
      return hex === undefined ? (ESCAPES[letter] ?? letter) : String.fromCodePoint(Number.parseInt(hex, 16));
    },
  );
}
