import { decodeProgram, predicateOf } from '@ifcast/filter';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openDead, openLive, type PcapHandle } from '../../packages/daemon/src/sys/libpcap.ts';
import { LibpcapProgram } from '../support/bpf-filter.ts';
import { EXPRESSIONS } from '../support/expressions.ts';
import { randomFrames } from '../support/random-frames.ts';
import { requirements } from '../support/requirements.ts';

const DLT_EN10MB = 1;
const FRAMES = randomFrames(20_261_121, 4000);

describe(`the predicate and bpf_filter of libpcap agree on ${FRAMES.length} random frames`, () => {
  describe('compiled without an interface', () => agreeWhenCompiledOn(() => openDead(DLT_EN10MB)));

  // An open interface makes libpcap look for the VLAN tag beside the frame.
  describe.runIf(requirements('root'))('compiled for an interface', () =>
    agreeWhenCompiledOn(() => openLive('lo')),
  );
});

function agreeWhenCompiledOn(open: () => PcapHandle): void {
  let handle: PcapHandle;
  beforeAll(() => {
    handle = open();
  });
  afterAll(() => handle.close());

  it.each(EXPRESSIONS)('$label', ({ expression }) => {
    const program = handle.compile(expression);
    const matches = predicateOf(decodeProgram(program));
    const oracle = new LibpcapProgram(program);
    const expected = FRAMES.map(({ frame, info }) => oracle.run(frame, info) !== 0);
    const parted = FRAMES.filter(({ frame, info }, index) => matches(frame, info) !== expected[index]);
    expect(parted).toEqual([]);
    // Agreement says nothing where all frames match, or none.
    expect(new Set(expected)).toEqual(new Set([true, false]));
  });
}
