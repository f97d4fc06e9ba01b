import {
  decodeProgram,
  type PacketInfo,
  predicateOf,
  type UnionMember,
  unionExpression,
} from '@ifcast/filter';
import { afterAll, expect, it } from 'vitest';

import { openDead } from '../../packages/daemon/src/sys/libpcap.ts';
import { EXPRESSIONS } from '../support/expressions.ts';
import { Random } from '../support/random.ts';
import { randomFrames } from '../support/random-frames.ts';

const DLT_EN10MB = 1;
const HTTP_GET = 'tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420';
/** 10.0.0.1:49152 → 10.0.0.2:443, as a host sends it: 54 bytes. */
const BARE_ACK = Buffer.from(
  '020000007702020000007701' +
    '080045000028000040004006' +
    '00000a0000010a000002c000' +
    '01bb00000000000000005010' +
    'ffff00000000',
  'hex',
);

const handle = openDead(DLT_EN10MB);
afterAll(() => handle.close());

function member(expression: string): UnionMember {
  return { expression, program: decodeProgram(handle.compile(expression)) };
}

/** In front of a capture the kernel has the whole packet. */
function whole(frame: Uint8Array): PacketInfo {
  return { untaggedLength: frame.length, packetType: 0, protocol: 0, ifindex: 1, vlan: null };
}

function matches(expression: string, frame: Uint8Array): boolean {
  return predicateOf(member(expression).program)(frame, whole(frame));
}

it.each(['tcp port 443', 'host 10.0.0.1', 'less 60'])(
  'looking for data does not hide a segment without any from %s',
  (expression) => {
    expect(matches(expression, BARE_ACK)).toBe(true);
    expect(matches(`(${HTTP_GET}) or (${expression})`, BARE_ACK)).toBe(false);
    expect(matches(unionExpression([HTTP_GET, expression].map(member))!, BARE_ACK)).toBe(true);
  },
);

it('matches whatever a member matches', () => {
  const random = new Random(5);
  const frames = randomFrames(6, 300).map(({ frame }) => ({ frame, info: whole(frame) }));
  const members = EXPRESSIONS.map(({ expression }) => member(expression));
  const predicates = new Map(members.map((one) => [one, predicateOf(one.program)]));
  let unions = 0;
  let kept = 0;
  for (let times = 0; times < 600; times++) {
    const chosen = Array.from({ length: 2 + random.below(4) }, () => random.pick(members));
    const expression = unionExpression(chosen);
    if (expression === null) continue;
    unions++;
    const union = predicateOf(member(expression).program);
    for (const { frame, info } of frames) {
      const passes = union(frame, info);
      if (passes) kept++;
      const wanted = chosen.find((one) => predicates.get(one)!(frame, info));
      if (wanted !== undefined && !passes) {
        expect.fail(`${expression} misses ${Buffer.from(frame).toString('hex')} of ${wanted.expression}`);
      }
    }
  }
  expect(unions).toBeGreaterThan(300);
  // It is worth having: much of what nobody wants stays out.
  expect(kept / (unions * frames.length)).toBeLessThan(0.7);
});
