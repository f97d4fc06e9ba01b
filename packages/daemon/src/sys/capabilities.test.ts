import { describe, expect, it } from 'vitest';

import { capabilityBits, missingCapabilities, parseCapabilitySets } from './capabilities.ts';

const STATUS = `Name:\tifcastd
CapInh:\t0000000000000000
CapPrm:\t0000008000002000
CapEff:\t0000008000000000
CapBnd:\t000001ffffffffff
CapAmb:\t0000008000002000
`;

it('parses the capability sets of /proc/PID/status', () => {
  const sets = parseCapabilitySets(STATUS);
  expect(sets.permitted).toBe(capabilityBits(['CAP_BPF', 'CAP_NET_RAW']));
  expect(sets.effective).toBe(capabilityBits(['CAP_BPF']));
  expect(sets.bounding).toBe((1n << 41n) - 1n);
  expect(sets.ambient).toBe(capabilityBits(['CAP_NET_RAW', 'CAP_BPF']));
});

describe('missingCapabilities', () => {
  const sets = parseCapabilitySets(STATUS);

  it('names what is not in effect', () => {
    expect(missingCapabilities(['CAP_BPF', 'CAP_NET_RAW', 'CAP_NET_ADMIN'], sets)).toEqual([
      'CAP_NET_RAW',
      'CAP_NET_ADMIN',
    ]);
  });

  it('takes CAP_SYS_ADMIN for those that were split off it', () => {
    const admin = { ...sets, effective: capabilityBits(['CAP_SYS_ADMIN']) };
    expect(missingCapabilities(['CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN', 'CAP_NET_RAW'], admin)).toEqual([
      'CAP_NET_RAW',
    ]);
  });
});
