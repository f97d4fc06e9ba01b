import type { FilterState, Health, Info, Stats } from './messages.ts';

// JSON.stringify escapes control characters inside strings, so a quoted raw escape followed by digits is only ever ours.
const BIG = '\u0001';

/**
 * A message as one line of JSON, counters as full decimal digits.
 *
 * @returns no trailing newline
 */
export function encodeMessage(message: Stats | FilterState | Info | Health): string {
  let big = false;
  const text = JSON.stringify(message, (_key, value: unknown) => {
    if (typeof value !== 'bigint') return value;
    if (value <= Number.MAX_SAFE_INTEGER) return Number(value);
    big = true;
    return `${BIG}${value}`;
  });
  return big ? text.replace(/"\\u0001(\d+)"/g, '$1') : text;
}
