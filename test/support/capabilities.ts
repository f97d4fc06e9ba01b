/** Gives up capabilities for a while: on this thread only, and so that they can be taken back. */
import {
  type CapabilityName,
  capabilityBits,
  capabilitySets,
} from '../../packages/daemon/src/sys/capabilities.ts';
import { libcFunction } from '../../packages/daemon/src/sys/libc.ts';

const LINUX_CAPABILITY_VERSION_3 = 0x2008_0522;
const capset = libcFunction('int capset(const void *header, const void *data)');

/** Runs `body` with no capabilities but these in effect. */
export function withOnlyCapabilities<T>(names: readonly CapabilityName[], body: () => T): T {
  const { effective, permitted } = capabilitySets();
  setEffective(permitted & capabilityBits(names), permitted);
  try {
    return body();
  } finally {
    setEffective(effective, permitted);
  }
}

function setEffective(effective: bigint, permitted: bigint): void {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(LINUX_CAPABILITY_VERSION_3, 0);
  const data = Buffer.alloc(24);
  for (const [at, set] of [effective, permitted].entries()) {
    data.writeUInt32LE(Number(set & 0xffff_ffffn), 4 * at);
    data.writeUInt32LE(Number(set >> 32n), 12 + 4 * at);
  }
  capset('set the capabilities in effect', header, data);
}
