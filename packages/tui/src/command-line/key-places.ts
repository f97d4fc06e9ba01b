/** A place in a text; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where a key and its value begin. */
export interface KeyPlace {
  readonly key: Place;
  readonly value: Place;
}

const NAME = /"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+/;
const KEYS = `(?:${NAME.source})(?:\\s*\\.\\s*(?:${NAME.source}))*`;
const HEADER = new RegExp(`^(\\s*)(\\[\\[?)\\s*(${KEYS})\\s*\\]`);
const KEY_VALUE = new RegExp(`^(\\s*)(${KEYS})(\\s*=\\s*)(.*)`);

/**
 * Where the keys of a TOML document stand, by their paths: `["alarm", 0, "above"]`. The `toml` package tells no places.
 *
 * @param text - a document that the `toml` package has accepted; of what stands within a value of several lines, or
 *   within an inline table, nothing is known
 */
export function keyPlaces(text: string): (path: readonly (string | number)[]) => KeyPlace | null {
  const places = new Map<string, KeyPlace>();
  const tables = new Map<string, number>();
  let table: readonly (string | number)[] = [];
  /** The quotes that a text of several lines ends with. */
  let open: string | null = null;
  const record = (path: readonly (string | number)[], key: Place, value: Place): void => {
    if (!places.has(nameOf(path))) places.set(nameOf(path), { key, value });
  };
  for (const [index, content] of text.split('\n').entries()) {
    const at = (column: number): Place => ({ line: index + 1, column: column + 1 });
    if (open !== null) {
      if (content.includes(open)) open = null;
      continue;
    }
    const header = HEADER.exec(content);
    if (header !== null) {
      table = namesOf(header[3]!);
      if (header[2] === '[[') {
        const count = tables.get(nameOf(table)) ?? 0;
        tables.set(nameOf(table), count + 1);
        record(table, at(header[1]!.length), at(header[1]!.length));
        table = [...table, count];
      }
      record(table, at(header[1]!.length), at(header[1]!.length));
      continue;
    }
    const keyValue = KEY_VALUE.exec(content);
    if (keyValue === null) continue;
    const [, blank, key, equals, value] = keyValue as unknown as string[];
    const column = blank!.length;
    record([...table, ...namesOf(key!)], at(column), at(column + key!.length + equals!.length));
    const quotes = /^(?:"""|''')/.exec(value!)?.[0];
    if (quotes !== undefined && !value!.slice(3).includes(quotes)) open = quotes;
  }
  return (path) => places.get(nameOf(path)) ?? null;
}

function namesOf(keys: string): string[] {
  return [...keys.matchAll(new RegExp(NAME, 'g'))].map(([name]) => name.replace(/^(["'])(.*)\1$/, '$2'));
}

function nameOf(path: readonly (string | number)[]): string {
  return JSON.stringify(path);
}
