import { integer } from './checks.ts';
import { type Key, key, tableKey } from './table.ts';

/** What the embedded broker allows its clients: everybody on this machine can reach it. */
export interface EmbeddedLimits {
  readonly maxConnections: number;
  /** How long a connection may take to say who it is. */
  readonly connectTimeoutS: number;
  /** Topics and payloads of all retained messages together. */
  readonly maxRetainedBytes: number;
  readonly maxPacketBytes: number;
}

const MIB = 1024 * 1024;

const KEYS = {
  max_connections: key(integer(2, 10_000, 'a number of connections'), 64),
  connect_timeout_s: key(integer(1, 3600, 'a number of seconds'), 10),
  max_retained_bytes: key(integer(64 * 1024, 1024 * MIB, 'a number of bytes'), 16 * MIB),
  max_packet_bytes: key(integer(64 * 1024, 256 * MIB, 'a number of bytes'), MIB),
};

/** `[mqtt.embedded]`. */
export const embeddedTable: Key<EmbeddedLimits> = tableKey(KEYS, (values) => ({
  maxConnections: values.max_connections,
  connectTimeoutS: values.connect_timeout_s,
  maxRetainedBytes: values.max_retained_bytes,
  maxPacketBytes: values.max_packet_bytes,
}));
