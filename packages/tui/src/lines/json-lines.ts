import {
  decodePayload,
  encodeMessage,
  ProtocolError,
  parseHealth,
  parseInfo,
  parseStats,
} from '@ifcast/protocol';
import { sanitize } from '../connection/sanitize.ts';
import type { DashboardEvent } from '../store/events.ts';

/** Moves when, and only when, fields change their names or meanings. */
export const JSON_SCHEMA = 1;

/**
 * An event as one line of JSON: `schema`, `at` (RFC 3339), `type`, and what the event has. Counters are full decimal
 * digits.
 *
 * @returns no trailing newline
 */
export function encodeEvent(event: DashboardEvent): string {
  const { at, ...rest } = event;
  const head = { schema: JSON_SCHEMA, at: new Date(at).toISOString() };
  switch (rest.type) {
    case 'stats':
      return withMessage({ ...head, ...rest, stats: undefined }, 'stats', encodeMessage(rest.stats));
    case 'info':
      return withMessage({ ...head, ...rest, info: undefined }, 'info', encodeMessage(rest.info));
    case 'health':
      return withMessage({ ...head, ...rest, health: undefined }, 'health', encodeMessage(rest.health));
    case 'disconnected':
      return JSON.stringify({ ...head, ...rest, retryAt: new Date(rest.retryAt).toISOString() });
    case 'status':
    case 'removed':
    case 'rejected':
    case 'problem':
    case 'connecting':
    case 'connected':
      return JSON.stringify({ ...head, ...rest });
  }
}

function withMessage(head: object, name: string, message: string): string {
  return `${JSON.stringify(head).slice(0, -1)},"${name}":${message}}`;
}

/**
 * What {@link encodeEvent} wrote. A recording comes from outside as a broker's messages do: its shape is checked and its
 * texts are made harmless.
 *
 * @returns `null` for an event of a type that is not known
 * @throws `ProtocolError` naming what is wrong
 */
export function parseEvent(line: Uint8Array): DashboardEvent | null {
  const value = decodePayload(line);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fault('event', 'is not an object');
  const fields: Fields = Object.assign(Object.create(null), value);
  if (fields['schema'] !== JSON_SCHEMA) {
    throw fault('schema', `is not ${JSON_SCHEMA}: this line is from another version of ifcast`);
  }
  const event = parseTyped(fields);
  return event && sanitize({ ...event, at: time(fields, 'at') });
}

type Fields = Readonly<Record<string, unknown>>;

/** An event but for its time; distributes over the types. */
type Untimed<E> = E extends unknown ? Omit<E, 'at'> : never;

function parseTyped(fields: Fields): Untimed<DashboardEvent> | null {
  switch (fields['type']) {
    case 'stats':
      return {
        type: 'stats',
        host: text(fields, 'host'),
        iface: text(fields, 'iface'),
        stats: parseStats(fields['stats']),
      };
    case 'info':
      return { type: 'info', host: text(fields, 'host'), info: parseInfo(fields['info']) };
    case 'health':
      return { type: 'health', host: text(fields, 'host'), health: parseHealth(fields['health']) };
    case 'status': {
      const status = fields['status'];
      if (status !== 'online' && status !== 'offline')
        throw fault('status', 'is neither "online" nor "offline"');
      return { type: 'status', host: text(fields, 'host'), status, retained: fields['retained'] === true };
    }
    case 'removed':
      return { type: 'removed', host: text(fields, 'host') };
    case 'rejected':
      return { type: 'rejected', topic: text(fields, 'topic'), reason: text(fields, 'reason') };
    case 'problem':
      return { type: 'problem', text: text(fields, 'text') };
    case 'connecting':
      return { type: 'connecting', broker: text(fields, 'broker'), attempt: whole(fields, 'attempt') };
    case 'connected':
      return { type: 'connected', broker: text(fields, 'broker') };
    case 'disconnected':
      return {
        type: 'disconnected',
        broker: text(fields, 'broker'),
        attempt: whole(fields, 'attempt'),
        reason: text(fields, 'reason'),
        retryAt: time(fields, 'retryAt'),
      };
    default:
      return null;
  }
}

function fault(field: string, what: string): ProtocolError {
  return new ProtocolError('shape', `field "${field}" ${what}`);
}

function text(fields: Fields, field: string): string {
  const value = fields[field];
  if (typeof value !== 'string') throw fault(field, 'is not a string');
  return value;
}

function whole(fields: Fields, field: string): number {
  const value = fields[field];
  if (!Number.isSafeInteger(value)) throw fault(field, 'is not a whole number');
  return value as number;
}

function time(fields: Fields, field: string): number {
  const at = Date.parse(text(fields, field));
  if (Number.isNaN(at)) throw fault(field, 'is not a time');
  return at;
}
