import type { CapabilitySets } from './capabilities.ts';
import { libcFunction } from './libc.ts';

// linux/capability.h
const LINUX_CAPABILITY_VERSION_3 = 0x2008_0522;
const CAPSET_DATA_BYTES = 24;

const capset = libcFunction('int capset(const void *header, const void *data)');

/**
 * Sets the capabilities of the calling thread, and of no other.
 *
 * @throws {@link SysError}
 * @see capset(2)
 */
export function setCapabilities(sets: Pick<CapabilitySets, 'effective' | 'permitted' | 'inheritable'>): void {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(LINUX_CAPABILITY_VERSION_3, 0);
  const data = Buffer.alloc(CAPSET_DATA_BYTES);
  for (const [index, bits] of [sets.effective, sets.permitted, sets.inheritable].entries()) {
    data.writeUInt32LE(Number(bits & 0xffff_ffffn), index * 4);
    data.writeUInt32LE(Number(bits >> 32n), 12 + index * 4);
  }
  capset('limit the capabilities', header, data);
}
