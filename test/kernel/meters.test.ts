import { decodeProgram, noHeaders, type ProgramHook, predicateOf, walkHeaders } from '@ifcast/filter';
import { describe, expect, it } from 'vitest';

import { HOOK_CAPABILITIES } from '../../packages/daemon/src/capture/ebpf/hook-requirements.ts';
import { openLive } from '../../packages/daemon/src/sys/libpcap.ts';
import { withOnlyCapabilities } from '../support/capabilities.ts';
import { headerFrame } from '../support/header-frames.ts';
import { ALL_HOOKS, asSeenAt, canRun, KernelRun } from '../support/kernel-run.ts';
import { mergedPackets } from '../support/merged-packets.ts';
import { ProbeMeter } from '../support/probe-meter.ts';
import { Random } from '../support/random.ts';
import { randomFrames } from '../support/random-frames.ts';
import { requirements } from '../support/requirements.ts';

const EXPRESSIONS = ['tcp', 'udp port 53', 'ip6', 'greater 200', 'ip6 protochain 6'];
/** Those the probe asks about. */
const ASKED = [0, 2, 3];
const MAX_TEST_FRAME = 3500;

const HOOKS: readonly (readonly [ProgramHook, keyof typeof HOOK_CAPABILITIES])[] = [
  ['socket', 'socket'],
  ['tcxIngress', 'tcx'],
  ['tcxEgress', 'tcx'],
  ['xdp', 'xdp'],
];

describe.runIf(requirements('root', 'bpf'))('a meter at the end of a pass', () => {
  it.each(HOOKS)('finds on hook %s the headers that JavaScript finds', (hook, name) => {
    const random = new Random(20_261_129);
    const frames = [
      ...Array.from({ length: 1500 }, () => headerFrame(random)),
      ...randomFrames(20_261_130, 1500).map(({ frame }) => frame),
    ].filter((frame) => canRun(hook, frame) && frame.length <= MAX_TEST_FRAME);
    const programs = compile();
    const probe = new ProbeMeter(ASKED);
    // Without CAP_PERFMON the verifier refuses more.
    const kernel = withOnlyCapabilities(
      HOOK_CAPABILITIES[name],
      () => new KernelRun({ hook, filters: programs, passMeters: [probe, new ProbeMeter([], 'second')] }),
    );
    const predicates = programs.map(predicateOf);
    const expected = noHeaders();
    const places = new Set<number>();
    try {
      for (const sent of frames) {
        const before = probe.read(kernel.map('probe'));
        const counted = kernel.run(sent);
        const after = probe.read(kernel.map('probe'));
        const { frame, info } = asSeenAt(hook, sent, null);
        walkHeaders(frame, 'ethernet', expected);
        const what = Buffer.from(sent).toString('hex');
        expect(after.headers, what).toEqual(expected);
        expect(after.packets - before.packets, what).toBe(1n);
        expect(after.bytes - before.bytes, what).toBe(BigInt(sent.length));
        const matches = predicates.map((matches) => matches(frame, info));
        expect(after.matched, what).toEqual(ASKED.filter((filter) => matches[filter]));
        expect(counted.map(({ packets }) => packets === 1n)).toEqual(matches);
        places.add(expected.transport);
      }
      expect(new ProbeMeter([], 'second').read(kernel.map('second')).packets).toBe(BigInt(frames.length));
    } finally {
      kernel.close();
    }
    // Also behind what the program keeps of a packet.
    expect(Math.max(...places)).toBeGreaterThan(1000);
    expect(places.size).toBeGreaterThan(100);
  });

  it.each(ALL_HOOKS.filter((hook) => hook !== 'xdp'))(
    'counts on hook %s every segment of a merged packet',
    (hook) => {
      const probe = new ProbeMeter([]);
      const kernel = new KernelRun({ hook, filters: compile(), packet: 'wire', passMeters: [probe] });
      try {
        for (const packet of mergedPackets(20_261_131, 300)) {
          const before = probe.read(kernel.map('probe'));
          kernel.run(packet.frame, packet);
          const after = probe.read(kernel.map('probe'));
          const bytes = packet.segments.reduce((sum, { length }) => sum + length, 0);
          expect(after.packets - before.packets).toBe(BigInt(packet.segments.length));
          expect(after.bytes - before.bytes).toBe(BigInt(bytes));
          const expected = noHeaders();
          // It keeps what the last pass has told it.
          walkHeaders(packet.segments.at(-1)!, 'ethernet', expected);
          expect(after.headers).toEqual(expected);
        }
      } finally {
        kernel.close();
      }
    },
  );
});

function compile(): ReturnType<typeof decodeProgram>[] {
  const handle = openLive('lo');
  try {
    return EXPRESSIONS.map((expression) => decodeProgram(handle.compile(expression)));
  } finally {
    handle.close();
  }
}
