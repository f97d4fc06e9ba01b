import type { MapSpec } from './map-spec.ts';
import { SCRATCH_BYTES } from './scratch-layout.ts';

/** 0: the key of the first entry of an array map. */
export const KEY_MAP: MapSpec = { name: 'key', type: 'array', keyBytes: 4, valueBytes: 8, entries: 1 };

/** What a program keeps of a packet while it handles it; nobody reads it. */
export const SCRATCH_MAP: MapSpec = {
  name: 'scratch',
  type: 'perCpuArray',
  keyBytes: 4,
  valueBytes: SCRATCH_BYTES,
  entries: 1,
};
