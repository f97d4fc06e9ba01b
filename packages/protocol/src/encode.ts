import type { FilterState, Health, HostEvent, Info, Stats, TriggerFiring } from './messages.ts';

// Marks the digits of a counter until the text is built; a string that begins with it gets a second one meanwhile.
const BIG = '\u0001';

/**
 * A message as one line of JSON, counters as full decimal digits.
 *
 * @returns no trailing newline
 */
export function encodeMessage(
  message: Stats | FilterState | Info | Health | HostEvent | TriggerFiring,
): string {
  let marked = false;
  const text = JSON.stringify(message, (_key, value: unknown) => {
    if (typeof value === 'string' && value.startsWith(BIG)) {
      marked = true;
      return BIG + value;
    }
    if (typeof value !== 'bigint') return value;
    if (value <= Number.MAX_SAFE_INTEGER) return Number(value);
    marked = true;
    return BIG + value;
  });
  if (!marked) return text;
  return text.replace(/(?<!\\)"\\u0001(?:(\d+)"|(?=\\u0001))/g, (_mark, digits?: string) => digits ?? '"');
}
