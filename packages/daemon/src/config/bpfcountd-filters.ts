import { printable } from '../base/log.ts';
import { MAX_FILTERS } from './filter-checks.ts';

/** A filter of a bpfcountd file, as ifcast names it. */
interface ImportedFilter {
  readonly line: number;
  readonly id: string;
  readonly name: string;
  readonly expression: string;
}

/** A configuration made from a bpfcountd file. */
export interface ImportedFilters {
  /** TOML, with a newline at its end. */
  readonly toml: string;
  /** What was left out or changed, a sentence each, beginning with the line's number. */
  readonly notes: readonly string[];
}

/**
 * Makes a configuration from the filters of bpfcountd: lines `id;expression`, in which `$MAC` is the address of the
 * interface. Empty lines and those that begin with `#` say nothing. Filters beyond the fifth are left out.
 *
 * @see https://github.com/lemoer/bpfcountd
 */
export function importBpfcountdFilters(text: string): ImportedFilters {
  const notes: string[] = [];
  const filters: ImportedFilter[] = [];
  text.split(/\r?\n/).forEach((whole, index) => {
    const line = index + 1;
    const content = whole.trim();
    if (content === '' || content.startsWith('#')) return;
    const separator = content.indexOf(';');
    if (separator < 0) {
      notes.push(`line ${line} is left out: it is not an id, ";" and an expression`);
      return;
    }
    const name = printable(content.slice(0, separator).trim());
    const expression = content.slice(separator + 1).trim();
    if (filters.length === MAX_FILTERS) {
      notes.push(
        `line ${line} is left out: "${name}" would be filter ${MAX_FILTERS + 1}, and at most ${MAX_FILTERS} are counted`,
      );
      return;
    }
    const id = freeId(name, new Set(filters.map((filter) => filter.id)));
    if (id !== name) notes.push(`line ${line}: the id of "${name}" is now "${id}"`);
    filters.push({ line, id, name, expression });
  });
  return { toml: filters.map(filterTable).join('\n'), notes };
}

/** The name as an id that no other filter has. */
function freeId(name: string, taken: ReadonlySet<string>): string {
  const slug =
    name
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, '_')
      .slice(0, 28) || 'filter';
  let id = slug;
  for (let number = 2; taken.has(id); number++) id = `${slug}_${number}`;
  return id;
}

function filterTable({ id, name, expression }: ImportedFilter): string {
  const text = (value: string): string => JSON.stringify(printable(value));
  return [
    '[[filter]]',
    `id = ${text(id)}`,
    ...(name === id || name === '' ? [] : [`name = ${text([...name].slice(0, 64).join(''))}`]),
    ...(expression === '' ? [] : [`match = ${text(expression)}`]),
    '',
  ].join('\n');
}
