import type { KeyPath } from './key-path.ts';

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
  const root = new Node();
  new Scanner(text).document(root);
  return (path) => {
    let node: Node | undefined = root;
    for (const step of path) node = node?.children.get(step);
    return node?.position;
  };
}

/** The position of a character of the text, which counts from 0. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}

/** A key, or an element of an array, with what is below it. */
class Node {
  readonly children: Map<string | number, Node> = new Map();
  position: KeyPosition | undefined;
  /** How many tables `[[name]]` has opened here. */
  tables = 0;

  child(step: string | number): Node {
    const existing = this.children.get(step);
    if (existing !== undefined) return existing;
    const child = new Node();
    this.children.set(step, child);
    return child;
  }
}

class Scanner {
  readonly #text: string;
  readonly #lineStarts: readonly number[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#lineStarts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  }

  document(root: Node): void {
    let table = root;
    for (this.#skipBlank(); this.#at < this.#text.length; this.#skipBlank()) {
      if (this.#peek('[[')) table = this.#header(root, 2);
      else if (this.#peek('[')) table = this.#header(root, 1);
      else this.#keyValue(table);
    }
  }

  /** `[a.b]` or, with two brackets, `[[a.b]]`. Returns the table that it opens. */
  #header(root: Node, brackets: 1 | 2): Node {
    const opening = this.#at;
    this.#at += brackets;
    const keys = this.#dottedKey();
    this.#skipBlank();
    this.#at += brackets;
    let node = root;
    for (const [depth, { name }] of keys.entries()) {
      node = this.#record(node.child(name), opening, opening);
      if (brackets === 2 && depth === keys.length - 1) node.tables += 1;
      // Of an array of tables the newest is what headers and keys extend.
      if (node.tables > 0) node = this.#record(node.child(node.tables - 1), opening, opening);
    }
    return node;
  }

  #keyValue(table: Node): void {
    const keys = this.#dottedKey();
    this.#at += 1; // =
    this.#skipBlank();
    let node = table;
    for (const { name, offset } of keys) node = this.#record(node.child(name), offset, this.#at);
    this.#value(node);
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

  #value(node: Node): void {
    const quote = ['"""', "'''", '"', "'"].find((mark) => this.#peek(mark));
    if (quote !== undefined) this.#string(quote);
    else if (this.#peek('[')) this.#array(node);
    else if (this.#peek('{')) this.#inlineTable(node);
    else this.#skip(/[^,\]}#\r\n]+/y); // a number, a boolean or a date, which may have a space inside
  }

  #array(node: Node): void {
    this.#at += 1;
    for (let index = 0; !this.#closes(']'); index++) {
      this.#value(this.#record(node.child(index), this.#at, this.#at));
    }
  }

  #inlineTable(node: Node): void {
    this.#at += 1;
    while (!this.#closes('}')) this.#keyValue(node);
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
  #record(node: Node, key: number, value: number): Node {
    node.position ??= { key: this.#position(key), value: this.#position(value) };
    return node;
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
