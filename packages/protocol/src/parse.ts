import type {
  BackendName,
  FilterCounts,
  FilterState,
  Health,
  Info,
  InfoFilter,
  InfoGap,
  InfoInterface,
  InfoOutput,
  InfoTrigger,
  InterfaceState,
  OutputState,
  Stats,
} from './messages.ts';
import { HOOK_NAMES, PACKET_KINDS } from './messages.ts';
import { ProtocolError } from './protocol-error.ts';

/** The largest payload that is looked at, in bytes: many times what five filters with sixteen buckets need. */
export const MAX_PAYLOAD_BYTES: number = 64 * 1024;

/** What a parser of this module reads from: an object whose own fields are still unknown. */
type Fields = Readonly<Record<string, unknown>>;

/**
 * The JSON value of a payload. Integers of 16 and more digits come as strings of digits, which {@link parseStats} and
 * {@link parseFilterState} take as counters, so that no digit is lost.
 *
 * @throws {@link ProtocolError} `too_large`, `not_utf8` or `not_json`
 */
export function decodePayload(payload: Uint8Array): unknown {
  if (payload.byteLength > MAX_PAYLOAD_BYTES) {
    throw new ProtocolError(
      'too_large',
      `payload of ${payload.byteLength} bytes, at most ${MAX_PAYLOAD_BYTES} are read`,
    );
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch (cause) {
    throw new ProtocolError('not_utf8', 'payload is not UTF-8', { cause });
  }
  try {
    return JSON.parse(quoteLongIntegers(text));
  } catch (cause) {
    throw new ProtocolError('not_json', 'payload is not JSON', { cause });
  }
}

function quoteLongIntegers(text: string): string {
  if (!/\d{16}/.test(text)) return text;
  return text.replace(/"(?:[^"\\]|\\.)*"|[-+.eE\d]+/g, (token) =>
    /^\d{16,}$/.test(token) ? `"${token}"` : token,
  );
}

/** @throws {@link ProtocolError} `shape`, naming the field */
export function parseStats(value: unknown): Stats {
  const fields = object(value, 'stats');
  return {
    v: version(fields),
    ts: text(fields, 'ts'),
    seq: amount(fields, 'seq'),
    interval_ms: amount(fields, 'interval_ms'),
    since: text(fields, 'since'),
    dropped_total: droppedTotal(fields),
    filters: list(fields, 'filters', MAX_LIST).map((entry, index) =>
      filterCounts(object(entry, `filters[${index}]`)),
    ),
  };
}

/** @throws {@link ProtocolError} `shape`, naming the field */
export function parseFilterState(value: unknown): FilterState {
  const fields = object(value, 'filter');
  return {
    v: version(fields),
    ts: text(fields, 'ts'),
    since: text(fields, 'since'),
    dropped_total: droppedTotal(fields),
    ...filterCounts(fields),
    bits_per_s_max: nullable(fields, 'bits_per_s_max', amount),
  };
}

/** @throws {@link ProtocolError} `shape`, naming the field */
export function parseInfo(value: unknown): Info {
  const fields = object(value, 'info');
  if (fields['app'] !== 'ifcast') throw shape('app', 'is not "ifcast"');
  return {
    v: version(fields),
    app: 'ifcast',
    version: text(fields, 'version'),
    host: text(fields, 'host'),
    boot_id: text(fields, 'boot_id'),
    started_at: text(fields, 'started_at'),
    delay_ms: amount(fields, 'delay_ms'),
    state_interval_s: amount(fields, 'state_interval_s'),
    size_upper_bounds: list(fields, 'size_upper_bounds', MAX_LIST).map((entry, index, all) => {
      const above = index === 0 ? 0 : (all[index - 1] as number);
      if (!Number.isSafeInteger(entry) || (entry as number) <= above) {
        throw shape('size_upper_bounds', 'is not ascending positive integers');
      }
      return entry as number;
    }),
    filters: list(fields, 'filters', MAX_LIST).map((entry): InfoFilter => {
      const filter = object(entry, 'filters');
      return { id: text(filter, 'id'), name: text(filter, 'name'), expression: text(filter, 'expression') };
    }),
    interfaces: list(fields, 'interfaces', MAX_INTERFACES).map((entry) =>
      infoInterface(object(entry, 'interfaces')),
    ),
    // Daemons before 0.2 do not tell.
    outputs: fields['outputs'] === undefined ? [] : list(fields, 'outputs', MAX_LIST).map(infoOutput),
    triggers: fields['triggers'] === undefined ? [] : list(fields, 'triggers', MAX_LIST).map(infoTrigger),
  };
}

/** @throws {@link ProtocolError} `shape`, naming the field */
export function parseHealth(value: unknown): Health {
  const fields = object(value, 'health');
  return {
    v: version(fields),
    ts: text(fields, 'ts'),
    uptime_s: amount(fields, 'uptime_s'),
    rss_bytes: amount(fields, 'rss_bytes'),
    event_loop_lag_ms_p99: amount(fields, 'event_loop_lag_ms_p99'),
    mqtt_reconnects_total: amount(fields, 'mqtt_reconnects_total'),
    mqtt_skipped_total: amount(fields, 'mqtt_skipped_total'),
    capture_restarts_total: amount(fields, 'capture_restarts_total'),
    problem: nullable(fields, 'problem', text),
  };
}

/** Up to the 20 digits of 2^64; longer ones are no counter of ours. */
const LONG_INTEGER = /^\d{16,20}$/;
const MAX_LIST = 64;
const MAX_INTERFACES = 1024;

const BACKENDS: readonly BackendName[] = ['ebpf', 'cap', 'file'];
const OUTPUT_STATES: readonly OutputState[] = ['running', 'waiting', 'failed'];
const INTERFACE_STATES: readonly InterfaceState[] = ['counting', 'waiting', 'failed'];

function infoInterface(fields: Fields): InfoInterface {
  return {
    name: text(fields, 'name'),
    topic: text(fields, 'topic'),
    backend: oneOf(BACKENDS)(fields, 'backend'),
    hook: nullable(fields, 'hook', oneOf(HOOK_NAMES)),
    // Daemons before 0.2 call it `count`.
    packet: oneOf(PACKET_KINDS)(fields, fields['packet'] === undefined ? 'count' : 'packet'),
    link_type: nullable(fields, 'link_type', text),
    state: oneOf(INTERFACE_STATES)(fields, 'state'),
    reason: nullable(fields, 'reason', text),
    // Daemons before 0.2 tell neither.
    notes: fields['notes'] === undefined ? [] : list(fields, 'notes', MAX_LIST).map(note),
    gap: fields['gap'] === undefined ? null : nullable(fields, 'gap', infoGap),
    link_mbit_per_s: nullable(fields, 'link_mbit_per_s', amount),
  };
}

function note(entry: unknown): string {
  return text({ notes: entry }, 'notes');
}

function infoGap(fields: Fields, field: string): InfoGap {
  const gap = object(fields[field], field);
  return { from: text(gap, 'from'), to: text(gap, 'to'), total_ms: amount(gap, 'total_ms') };
}

function infoOutput(entry: unknown): InfoOutput {
  const fields = object(entry, 'outputs');
  return {
    name: text(fields, 'name'),
    where: text(fields, 'where'),
    state: oneOf(OUTPUT_STATES)(fields, 'state'),
    reason: nullable(fields, 'reason', text),
  };
}

function infoTrigger(entry: unknown): InfoTrigger {
  const fields = object(entry, 'triggers');
  return { id: text(fields, 'id'), filter: text(fields, 'filter') };
}

function filterCounts(fields: Fields): FilterCounts {
  const sizes = list(fields, 'sizes_total', MAX_LIST).map((entry) => counter(entry, 'sizes_total'));
  const packets = counter(fields['packets_total'], 'packets_total');
  if (sizes.reduce((sum, count) => sum + count, 0n) !== packets) {
    throw shape('sizes_total', 'does not sum to packets_total');
  }
  return {
    id: text(fields, 'id'),
    packets_total: packets,
    bytes_total: counter(fields['bytes_total'], 'bytes_total'),
    // Daemons before 0.2 do not tell.
    packets_in_total: counterOrNull(fields, 'packets_in_total'),
    bytes_in_total: counterOrNull(fields, 'bytes_in_total'),
    sizes_total: sizes,
    packets_per_s: nullable(fields, 'packets_per_s', amount),
    bits_per_s: nullable(fields, 'bits_per_s', amount),
  };
}

function counterOrNull(fields: Fields, field: string): bigint | null {
  return (fields[field] ?? null) === null ? null : counter(fields[field], field);
}

function droppedTotal(fields: Fields): bigint | null {
  return fields['dropped_total'] === null ? null : counter(fields['dropped_total'], 'dropped_total');
}

function shape(field: string, fault: string): ProtocolError {
  return new ProtocolError('shape', `field "${field}" ${fault}`);
}

function object(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw shape(field, 'is not an object');
  // Without the prototype a field that is missing cannot be found on Object.prototype.
  return Object.assign(Object.create(null), value) as Fields;
}

function version(fields: Fields): 1 {
  if (fields['v'] !== 1) throw shape('v', 'is not 1: this message is from another version of ifcast');
  return 1;
}

function text(fields: Fields, field: string): string {
  const value = fields[field];
  if (typeof value !== 'string') throw shape(field, 'is not a string');
  return value;
}

function amount(fields: Fields, field: string): number {
  const value = fields[field];
  // decodePayload() makes no difference between a counter and any other long number.
  const number = typeof value === 'string' && LONG_INTEGER.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0)
    throw shape(field, 'is not a number of 0 or more');
  return number;
}

function counter(value: unknown, field: string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'string' && LONG_INTEGER.test(value)) return BigInt(value);
  throw shape(field, 'is not a whole number of 0 or more');
}

function list(fields: Fields, field: string, most: number): readonly unknown[] {
  const value = fields[field];
  if (!Array.isArray(value)) throw shape(field, 'is not a list');
  if (value.length > most) throw shape(field, `has ${value.length} entries, at most ${most} are read`);
  return value;
}

function oneOf<T extends string>(choices: readonly T[]): (fields: Fields, field: string) => T {
  return (fields, field) => {
    const value = fields[field];
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw shape(field, `is none of ${choices.join(', ')}`);
    return choice;
  };
}

function nullable<T>(fields: Fields, field: string, parse: (fields: Fields, field: string) => T): T | null {
  return fields[field] === null ? null : parse(fields, field);
}
