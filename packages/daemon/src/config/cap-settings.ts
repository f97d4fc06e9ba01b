import { integer } from './checks.ts';
import { type Key, key, tableKey } from './table.ts';

const MIB = 1024 * 1024;

/** How the cap backend captures. */
export interface CapConfig {
  /** Of the libpcap handle that most filters share; each filter that needs one of its own has a quarter. */
  readonly bufferBytes: number;
}

const KEYS = {
  buffer_bytes: key(integer(256 * 1024, 1024 * MIB, 'a number of bytes'), 32 * MIB),
};

/** `[cap]`. */
export const capTable: Key<CapConfig> = tableKey(KEYS, ({ buffer_bytes }) => ({ bufferBytes: buffer_bytes }));
