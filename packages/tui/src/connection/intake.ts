import {
  decodePayload,
  ProtocolError,
  parseHealth,
  parseInfo,
  parseStats,
  parseTopic,
} from '@ifcast/protocol';

import type { Message } from '../store/events.ts';
import { sanitize } from './sanitize.ts';

/** What is subscribed to below the topic base, for one host or, with `+`, for all. */
export function subscriptions(base: string, host: string, iface: string): string[] {
  return [
    `${base}/${host}/status`,
    `${base}/${host}/info`,
    `${base}/${host}/health`,
    `${base}/${host}/${iface}/stats`,
  ];
}

/**
 * The one place where messages come in: whatever the broker delivers becomes a message whose shape is known and whose
 * texts are harmless, or a rejection.
 *
 * @returns `null` for a topic that is not looked at
 */
export function intake(base: string, topic: string, payload: Uint8Array, retained: boolean): Message | null {
  try {
    const message = read(base, topic, payload, retained);
    return message && sanitize(message);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return sanitize({ type: 'rejected', topic, reason: error.message });
  }
}

function read(base: string, topic: string, payload: Uint8Array, retained: boolean): Message | null {
  const address = parseTopic(base, topic);
  switch (address?.kind) {
    case undefined:
      return { type: 'rejected', topic, reason: 'this topic is none of ifcast' };
    case 'status': {
      const { host } = address;
      const status = new TextDecoder().decode(payload.subarray(0, 16));
      if (status === 'online' || status === 'offline') return { type: 'status', host, status, retained };
      if (status === '') return { type: 'removed', host };
      return { type: 'rejected', topic, reason: 'status is neither "online" nor "offline"' };
    }
    case 'info':
      if (payload.byteLength === 0) return { type: 'removed', host: address.host };
      return { type: 'info', host: address.host, info: parseInfo(decodePayload(payload)) };
    case 'stats':
      // "ifcastd doctor" asks so whether the broker takes them.
      if (payload.byteLength === 0) return null;
      return {
        type: 'stats',
        host: address.host,
        iface: address.iface,
        stats: parseStats(decodePayload(payload)),
      };
    case 'health':
      if (payload.byteLength === 0) return { type: 'removed', host: address.host };
      return { type: 'health', host: address.host, health: parseHealth(decodePayload(payload)) };
    case 'filter':
    case 'scalar':
    case 'trigger':
    case 'event':
      return null;
  }
}
