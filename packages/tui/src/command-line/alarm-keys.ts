import { sanitizeText } from '../connection/sanitize.ts';
import type { AlarmQuantity, AlarmRule } from '../store/alarms.ts';
import { type ConfigFaults, isTable } from './config-faults.ts';
import { selectionOf } from './host-option.ts';

/** Every rule is looked at with every broadcast. */
const MAX_ALARMS = 64;
const MAX_SECONDS = 86_400;
const MAX_TEXT_CHARACTERS = 200;
const COLORS = ['good', 'warn', 'bad', 'accent'] as const;
/** The keys of `[[alarm]]`. */
export const ALARM_KEYS = ['filter', 'host', 'above', 'below', 'for_s', 'color', 'text', 'bell'] as const;
type Key = (typeof ALARM_KEYS)[number];

const PREFIXES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};
/** Of a unit: what it is of, and how much. */
const UNITS: Readonly<Record<string, readonly [AlarmQuantity, number]>> = {
  'b/s': ['bits_per_s', 1],
  'bit/s': ['bits_per_s', 1],
  'B/s': ['bits_per_s', 8],
  'byte/s': ['bits_per_s', 8],
  '/s': ['packets_per_s', 1],
  'packets/s': ['packets_per_s', 1],
  '%': ['link_share', 0.01],
};
const LIMIT = new RegExp(
  `^(\\d+(?:\\.\\d+)?) ?(${Object.keys(PREFIXES).join('|')}) ?(${Object.keys(UNITS).join('|')})$`,
);

/** What `[[alarm]]` asks for; noted is everything that is wrong in it. */
export function readAlarms(value: unknown, faults: ConfigFaults): readonly AlarmRule[] {
  if (!Array.isArray(value) || !value.every(isTable)) {
    faults.isNot(['alarm'], value, 'written with two brackets: [[alarm]]');
    return [];
  }
  if (value.length > MAX_ALARMS) faults.add(['alarm'], `${value.length} are too many, at most ${MAX_ALARMS}`);
  return value.flatMap((table, index) => readAlarm(table, ['alarm', index], faults) ?? []);
}

/** `500 Mb/s`, `12.5 MB/s`, `10k packets/s` or `10k/s`, `80%`; `null` for what is none. */
export function parseLimit(
  text: string,
): { readonly quantity: AlarmQuantity; readonly limit: number } | null {
  const [, digits, prefix, unit] = LIMIT.exec(text.trim()) ?? [];
  if (unit === undefined || (unit === '%' && prefix !== '')) return null;
  const [quantity, factor] = UNITS[unit]!;
  return { quantity, limit: Number(digits) * PREFIXES[prefix!]! * factor };
}

function readAlarm(
  table: Readonly<Record<string, unknown>>,
  path: readonly (string | number)[],
  faults: ConfigFaults,
): AlarmRule | null {
  for (const name of Object.keys(table)) {
    if (ALARM_KEYS.some((key) => key === name)) continue;
    faults.add([...path, name], `there is no such key; there are ${ALARM_KEYS.join(', ')}`, 'key');
  }
  const read = <T>(key: Key, fallback: T, expected: string, check: (value: unknown) => T | null): T => {
    const value = table[key];
    if (value === undefined) return fallback;
    const checked = check(value);
    if (checked === null) faults.isNot([...path, key], value, expected);
    return checked ?? fallback;
  };
  if ((table['above'] === undefined) === (table['below'] === undefined)) {
    faults.add(path, 'give either "above" or "below"');
    return null;
  }
  const when = table['above'] === undefined ? 'below' : 'above';
  const rates = 'a rate or a share of the link: "500 Mb/s", "10 MB/s", "10k packets/s", "80%"';
  const none = { quantity: 'bits_per_s', limit: 0 } as const;
  const limit = read(when, none, rates, (value) => (typeof value === 'string' ? parseLimit(value) : null));
  const seconds = `a number of seconds from 0 to ${MAX_SECONDS}`;
  const forS = read('for_s', 0, seconds, (value) =>
    typeof value === 'number' && value >= 0 && value <= MAX_SECONDS ? value : null,
  );
  const filter = read('filter', null, 'the id or name of a filter', harmlessText);
  const selection = read('host', selectionOf('+'), 'HOST or HOST/INTERFACE', (value) =>
    typeof value === 'string' ? selectionOf(value) : null,
  );
  const duration = forS === 0 ? '' : ` for ${forS} s`;
  const said = `${filter ?? 'traffic'} is ${when} ${String(table[when])}${duration}`;
  return {
    filter,
    host: selection?.onlyHost ?? '+',
    iface: selection?.onlyInterface ?? '+',
    when,
    ...limit,
    forMs: forS * 1000,
    color: read(
      'color',
      'warn',
      `one of ${COLORS.map((color) => `"${color}"`).join(', ')}`,
      (value) => COLORS.find((color) => color === value) ?? null,
    ),
    text: read('text', said, `a text of 1 to ${MAX_TEXT_CHARACTERS} characters`, harmlessText),
    bell: read('bell', false, 'true or false', (value) => (typeof value === 'boolean' ? value : null)),
  };
}

function harmlessText(value: unknown): string | null {
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_TEXT_CHARACTERS) return null;
  return sanitizeText(value) === value ? value : null;
}
