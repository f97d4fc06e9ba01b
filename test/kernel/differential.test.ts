import {
  decodeProgram,
  type PacketInfo,
  type Predicate,
  type ProgramHook,
  predicateOf,
} from '@ifcast/filter';
import { DEFAULT_SIZE_UPPER_BOUNDS, sizeBucket } from '@ifcast/protocol';
import { describe, expect, it } from 'vitest';

import { openLive } from '../../packages/daemon/src/sys/libpcap.ts';
import { LibpcapProgram } from '../support/bpf-filter.ts';
import { EXPRESSIONS } from '../support/expressions.ts';
import { ALL_HOOKS, canRun, KernelRun } from '../support/kernel-run.ts';
import { type RandomFrame, randomFrames } from '../support/random-frames.ts';
import { requirements } from '../support/requirements.ts';
import type { Counted } from '../support/tcpdump.ts';

const FILTERS_A_PROGRAM = 5;
const LOOPBACK_IFINDEX = 1;
const TAG = { tci: 0x6064, tpid: 0x8100 };

/** What libpcap, the predicate and the kernel each make of an expression. */
interface Compiled {
  readonly label: string;
  readonly program: ReturnType<typeof decodeProgram>;
  readonly oracle: LibpcapProgram;
  readonly predicate: Predicate;
}

interface Variant {
  readonly name: string;
  readonly hook: ProgramHook;
  readonly vlan: typeof TAG | null;
}

const VARIANTS: readonly Variant[] = [
  ...ALL_HOOKS.map((hook) => ({ name: hook, hook, vlan: null })),
  { name: 'tcxIngress with a tag beside the frame', hook: 'tcxIngress', vlan: TAG },
];

describe.runIf(requirements('root', 'bpf'))('kernel, libpcap and predicate agree on random frames', () => {
  it.each(VARIANTS)('$name', ({ hook, vlan }) => {
    const expressions = compileAll();
    const frames = randomFrames(20_261_122, 1200).filter(({ frame }) => canRun(hook, frame));
    const disagreements: unknown[] = [];
    let matches = 0;
    let cases = 0;
    for (let first = 0; first < expressions.length; first += FILTERS_A_PROGRAM) {
      const group = expressions.slice(first, first + FILTERS_A_PROGRAM);
      const kernel = new KernelRun({ hook, filters: group.map(({ program }) => program), vlan });
      try {
        for (const random of frames) {
          const { sent, frame, info } = asSeenAt(hook, random, vlan);
          const counted = kernel.run(sent);
          group.forEach(({ label, oracle, predicate }, index) => {
            const match = oracle.run(frame, info) !== 0;
            const expected = match ? oneOf(info) : NONE;
            cases++;
            if (match) matches++;
            if (predicate(frame, info) === match && same(counted[index]!, expected)) return;
            disagreements.push({
              label,
              expected,
              counted: counted[index],
              frame: Buffer.from(sent).toString('hex'),
            });
          });
        }
      } finally {
        kernel.close();
      }
    }
    expect(disagreements.slice(0, 3)).toEqual([]);
    // Agreement says nothing where nothing matches.
    expect(matches).toBeGreaterThan(cases / 100);
    expect(cases).toBeGreaterThan(100_000);
  });
});

/** The frame to send, and the frame and its metadata as the hook's program is shown them. */
function asSeenAt(
  hook: ProgramHook,
  { frame }: RandomFrame,
  vlan: typeof TAG | null,
): { sent: Uint8Array; frame: Uint8Array; info: PacketInfo } {
  const lifted = hook === 'xdp' ? liftTag(frame) : { frame, vlan };
  return {
    sent: frame,
    frame: lifted.frame,
    info: {
      wireLength: lifted.frame.length,
      packetType: packetType(hook, frame),
      protocol: ((lifted.frame[12] ?? 0) << 8) | (lifted.frame[13] ?? 0),
      ifindex: LOOPBACK_IFINDEX,
      vlan: lifted.vlan,
    },
  };
}

/** As the kernel does for all hooks but XDP: a frame with a tag is 18 bytes or more. */
function liftTag(frame: Uint8Array): { frame: Uint8Array; vlan: PacketInfo['vlan'] } {
  const tpid = (frame[12]! << 8) | frame[13]!;
  if (frame.length < 18 || (tpid !== 0x8100 && tpid !== 0x88a8)) return { frame, vlan: null };
  const tci = (frame[14]! << 8) | frame[15]!;
  return { frame: Buffer.concat([frame.subarray(0, 12), frame.subarray(16)]), vlan: { tci, tpid } };
}

/** eth_type_trans() of net/ethernet/eth.c, on loopback, whose address is 0. */
function packetType(hook: ProgramHook, frame: Uint8Array): number {
  if (hook === 'tcxEgress') return 4;
  if (hook === 'xdp') return 0;
  const destination = frame.subarray(0, 6);
  if (destination.every((byte) => byte === 0xff)) return 1;
  if ((destination[0]! & 1) !== 0) return 2;
  return destination.every((byte) => byte === 0) ? 0 : 3;
}

function compileAll(): Compiled[] {
  const handle = openLive('lo');
  try {
    return EXPRESSIONS.map(({ label, expression }) => {
      const raw = handle.compile(expression);
      const program = decodeProgram(raw);
      return { label, program, oracle: new LibpcapProgram(raw), predicate: predicateOf(program) };
    });
  } finally {
    handle.close();
  }
}

const NONE: Counted = {
  packets: 0n,
  bytes: 0n,
  sizes: new Array(DEFAULT_SIZE_UPPER_BOUNDS.length + 1).fill(0n),
};

function oneOf({ wireLength, vlan }: PacketInfo): Counted {
  const length = wireLength + (vlan === null ? 0 : 4);
  const bucket = sizeBucket(DEFAULT_SIZE_UPPER_BOUNDS, length);
  return { packets: 1n, bytes: BigInt(length), sizes: NONE.sizes.with(bucket, 1n) };
}

function same(a: Counted, b: Counted): boolean {
  return a.bytes === b.bytes && a.sizes.every((size, bucket) => size === b.sizes[bucket]);
}
