import {
  decodeProgram,
  type PacketInfo,
  type Predicate,
  type ProgramHook,
  predicateOf,
  sizeBucket,
} from '@ifcast/filter';
import { DEFAULT_SIZE_UPPER_BOUNDS } from '@ifcast/protocol';
import { describe, expect, it } from 'vitest';

import { HOOK_CAPABILITIES } from '../../packages/daemon/src/capture/ebpf/hook-requirements.ts';
import type { CapabilityName } from '../../packages/daemon/src/sys/capabilities.ts';
import { openLive } from '../../packages/daemon/src/sys/libpcap.ts';
import { LibpcapProgram } from '../support/bpf-filter.ts';
import { withOnlyCapabilities } from '../support/capabilities.ts';
import { EXPRESSIONS } from '../support/expressions.ts';
import { ALL_HOOKS, asSeenAt, canRun, KernelRun } from '../support/kernel-run.ts';
import { randomFrames } from '../support/random-frames.ts';
import { requirements } from '../support/requirements.ts';
import type { Counted } from '../support/tcpdump.ts';

const FILTERS_A_PROGRAM = 5;
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
  /** The capabilities that the program is loaded with; `null` for all. */
  readonly capabilities: readonly CapabilityName[] | null;
}

/** Without CAP_PERFMON the verifier also follows what a processor may speculate, and refuses more. */
const EXACT: Readonly<Record<ProgramHook, readonly CapabilityName[]>> = {
  socket: HOOK_CAPABILITIES.socket,
  tcxIngress: HOOK_CAPABILITIES.tcx,
  tcxEgress: HOOK_CAPABILITIES.tcx,
  xdp: HOOK_CAPABILITIES.xdp,
};

const VARIANTS: readonly Variant[] = [
  ...ALL_HOOKS.flatMap((hook): Variant[] => [
    { name: hook, hook, vlan: null, capabilities: null },
    { name: `${hook} with no more capabilities than it needs`, hook, vlan: null, capabilities: EXACT[hook] },
  ]),
  { name: 'tcxIngress with a tag beside the frame', hook: 'tcxIngress', vlan: TAG, capabilities: null },
];

describe.runIf(requirements('root', 'bpf'))('kernel, libpcap and predicate agree on random frames', () => {
  it.each(VARIANTS)('$name', ({ hook, vlan, capabilities }) => {
    const expressions = compileAll();
    const frames = randomFrames(20_261_122, 1200).filter(({ frame }) => canRun(hook, frame));
    const disagreements: unknown[] = [];
    let matches = 0;
    let cases = 0;
    for (let first = 0; first < expressions.length; first += FILTERS_A_PROGRAM) {
      const group = expressions.slice(first, first + FILTERS_A_PROGRAM);
      const create = () => new KernelRun({ hook, filters: group.map(({ program }) => program), vlan });
      const kernel = capabilities === null ? create() : withOnlyCapabilities(capabilities, create);
      try {
        for (const random of frames) {
          const { sent, frame, info } = asSeenAt(hook, random.frame, vlan);
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

function oneOf({ untaggedLength, vlan }: PacketInfo): Counted {
  const length = untaggedLength + (vlan === null ? 0 : 4);
  const bucket = sizeBucket(DEFAULT_SIZE_UPPER_BOUNDS, length);
  return { packets: 1n, bytes: BigInt(length), sizes: NONE.sizes.with(bucket, 1n) };
}

function same(a: Counted, b: Counted): boolean {
  return a.bytes === b.bytes && a.sizes.every((size, bucket) => size === b.sizes[bucket]);
}
