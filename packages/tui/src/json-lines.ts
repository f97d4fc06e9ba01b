import { encodeMessage } from '@ifcast/protocol';

import type { DashboardEvent } from './events.ts';

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
    case 'connecting':
    case 'connected':
      return JSON.stringify({ ...head, ...rest });
  }
}

function withMessage(head: object, name: string, message: string): string {
  return `${JSON.stringify(head).slice(0, -1)},"${name}":${message}}`;
}
