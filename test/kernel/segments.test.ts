import { decodeProgram, predicateOf, sizeBucket } from '@ifcast/filter';
import { DEFAULT_SIZE_UPPER_BOUNDS } from '@ifcast/protocol';
import { describe, expect, it } from 'vitest';

import { openLive } from '../../packages/daemon/src/sys/libpcap.ts';
import { EXPRESSIONS } from '../support/expressions.ts';
import { asSeenAt, KernelRun } from '../support/kernel-run.ts';
import { mergedPackets } from '../support/merged-packets.ts';
import { requirements } from '../support/requirements.ts';
import type { Counted } from '../support/tcpdump.ts';

const FILTERS_A_PROGRAM = 5;
const TAG = { tci: 100, tpid: 0x8100 };

describe.runIf(requirements('root', 'bpf'))('a merged packet counts as its segments on the wire do', () => {
  it.each([
    { hook: 'socket', vlan: null },
    { hook: 'tcxIngress', vlan: null },
    { hook: 'tcxEgress', vlan: null },
    { hook: 'tcxEgress', vlan: TAG },
  ] as const)('$hook with tag $vlan', ({ hook, vlan }) => {
    const packets = mergedPackets(20_261_124, 400);
    const handle = openLive('lo');
    const expressions = EXPRESSIONS.map(({ label, expression }) => ({
      label,
      program: decodeProgram(handle.compile(expression)),
    })).map((compiled) => ({ ...compiled, matches: predicateOf(compiled.program) }));
    handle.close();
    let matched = 0n;
    for (let first = 0; first < expressions.length; first += FILTERS_A_PROGRAM) {
      const group = expressions.slice(first, first + FILTERS_A_PROGRAM);
      const kernel = new KernelRun({
        hook,
        filters: group.map(({ program }) => program),
        packet: 'wire',
        vlan,
      });
      try {
        for (const packet of packets) {
          const counted = kernel.run(packet.frame, packet);
          group.forEach(({ label, matches }, index) => {
            const expected = total(
              packet.segments.flatMap((segment) => {
                const { frame, info } = asSeenAt(hook, segment, vlan);
                return matches(frame, info) ? [segment.length + (vlan === null ? 0 : 4)] : [];
              }),
            );
            matched += expected.packets;
            const what = `${label}: ${packet.gsoSegments} of ${packet.gsoSize} in ${Buffer.from(packet.frame).toString('hex')}`;
            expect(counted[index], what).toEqual(expected);
          });
        }
      } finally {
        kernel.close();
      }
    }
    expect(matched).toBeGreaterThan(40_000n);
  });
});

function total(lengths: readonly number[]): Counted {
  const sizes = new Array<bigint>(DEFAULT_SIZE_UPPER_BOUNDS.length + 1).fill(0n);
  for (const length of lengths) sizes[sizeBucket(DEFAULT_SIZE_UPPER_BOUNDS, length)]!++;
  return { packets: BigInt(lengths.length), bytes: BigInt(lengths.reduce((a, b) => a + b, 0)), sizes };
}
