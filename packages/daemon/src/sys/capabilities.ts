import { readProc } from './read-proc.ts';

/** Numbers of linux/capability.h. */
export const CAPABILITY = {
  CAP_CHOWN: 0,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_SYS_ADMIN: 21,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;

export type CapabilityName = keyof typeof CAPABILITY;

/** The capability sets of a thread, a bit for each capability. */
export interface CapabilitySets {
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly inheritable: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
}

/** The capability sets of this process, as its main thread has them. */
export function capabilitySets(): CapabilitySets {
  return parseCapabilitySets(readProc('/proc/self/status'));
}

/** Reads the sets from /proc/PID/status, see proc(5). */
export function parseCapabilitySets(status: string): CapabilitySets {
  const set = (field: string): bigint => {
    const digits = new RegExp(`^${field}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1];
    return digits === undefined ? 0n : BigInt(`0x${digits}`);
  };
  return {
    permitted: set('CapPrm'),
    effective: set('CapEff'),
    inheritable: set('CapInh'),
    bounding: set('CapBnd'),
    ambient: set('CapAmb'),
  };
}

/** The bits of some capabilities. */
export function capabilityBits(names: readonly CapabilityName[]): bigint {
  return names.reduce((bits, name) => bits | (1n << BigInt(CAPABILITY[name])), 0n);
}

/**
 * Those that this process does not have. CAP_SYS_ADMIN holds for CAP_BPF and CAP_PERFMON, which Linux 5.8 split off it, and
 * for CAP_NET_ADMIN where eBPF is concerned.
 */
export function missingCapabilities(
  names: readonly CapabilityName[],
  { effective }: CapabilitySets = capabilitySets(),
): CapabilityName[] {
  const has = (name: CapabilityName): boolean => (effective & capabilityBits([name])) !== 0n;
  return names.filter((name) => !has(name) && (name === 'CAP_NET_RAW' || !has('CAP_SYS_ADMIN')));
}
