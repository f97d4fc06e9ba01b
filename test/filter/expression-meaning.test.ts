import { decodeProgram, expressionOf, type PacketInfo, predicateOf } from '@ifcast/filter';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openDead, PcapError, type PcapHandle } from '../../packages/daemon/src/sys/libpcap.ts';
import { type Description, frameOf, packetTypeOf } from '../support/described-packets.ts';
import { conditionsOf, isMeant, packetsNear, randomConditions } from '../support/random-conditions.ts';

const DLT_EN10MB = 1;

describe('the expression of random conditions', () => {
  let handle: PcapHandle;
  beforeAll(() => {
    handle = openDead(DLT_EN10MB);
  });
  afterAll(() => handle.close());

  /** `null` for an expression that libpcap finds to match nothing at all. */
  function compile(expression: string): ((packet: Description) => boolean) | null {
    let matches: ReturnType<typeof predicateOf>;
    try {
      matches = predicateOf(decodeProgram(handle.compile(expression)));
    } catch (error) {
      if (error instanceof PcapError && error.message === 'expression rejects all packets') return null;
      throw error;
    }
    return (packet) => {
      const frame = frameOf(packet);
      const packetType = packetTypeOf(packet);
      const info: PacketInfo = {
        untaggedLength: frame.length,
        packetType,
        protocol: 0,
        ifindex: 1,
        vlan: null,
      };
      return matches(frame, info);
    };
  }

  it('compiles, and matches what the conditions say', () => {
    const seen = { matched: 0, unmatched: 0, impossible: 0 };
    const filterAndPackets = randomConditions.chain((filter) =>
      fc.tuple(fc.constant(filter), fc.array(packetsNear(filter), { minLength: 30, maxLength: 30 })),
    );
    fc.assert(
      fc.property(filterAndPackets, ([filter, packets]) => {
        const expression = expressionOf(conditionsOf(filter));
        const matches = compile(expression);
        if (matches === null) seen.impossible++;
        for (const packet of packets) {
          const expected = isMeant(filter, packet);
          seen[expected ? 'matched' : 'unmatched']++;
          expect(matches?.(packet) ?? false, `${expression} on ${JSON.stringify(packet)}`).toBe(expected);
        }
      }),
      { numRuns: 1500 },
    );
    // Otherwise the agreement would say little.
    expect(seen.matched).toBeGreaterThan(3000);
    expect(seen.unmatched).toBeGreaterThan(3000);
    expect(seen.impossible).toBeGreaterThan(10);
  });
});
