import { execFileSync } from 'node:child_process';

import { decodeProgram, type Instruction, predicateOf } from '@ifcast/filter';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openDead, type PcapHandle } from '../../packages/daemon/src/sys/libpcap.ts';
import { LibpcapProgram } from '../support/bpf-filter.ts';
import { disassembleProgram } from '../support/disassemble-program.ts';
import { encodeProgram } from '../support/encode-program.ts';
import { EXPRESSIONS } from '../support/expressions.ts';
import { randomFrames } from '../support/random-frames.ts';
import { randomProgram } from '../support/random-programs.ts';
import { requirements } from '../support/requirements.ts';

const DLT_EN10MB = 1;

describe('a random program', () => {
  it('is the same after encoding and decoding', () => {
    fc.assert(
      fc.property(randomProgram, (program) => {
        expect(decodeProgram(encodeProgram(program))).toEqual(program);
      }),
    );
  });

  it('decides as bpf_filter of libpcap does', () => {
    const frames = randomFrames(7, 40);
    // Released versions of libpcap leave the scratch memory as they find it; ours starts at zero.
    const zeroScratch = Array.from(
      { length: 16 },
      (_, index): Instruction => ({ op: 'storeScratch', register: 'A', index }),
    );
    const seen = { matched: 0, unmatched: 0 };
    fc.assert(
      fc.property(randomProgram, (program) => {
        const matches = predicateOf(program);
        const oracle = new LibpcapProgram(encodeProgram([...zeroScratch, ...program]));
        for (const { frame, info } of frames) {
          const expected = oracle.run(frame, info) !== 0;
          seen[expected ? 'matched' : 'unmatched']++;
          if (matches(frame, info) !== expected) {
            throw new Error(`${disassembleProgram(program)}\n${Buffer.from(frame).toString('hex')}`);
          }
        }
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(seen.matched, seen.unmatched)).toBeGreaterThan(5000);
  });
});

describe.runIf(requirements('tcpdump'))('tcpdump -d prints what was decoded', () => {
  let handle: PcapHandle;
  beforeAll(() => {
    handle = openDead(DLT_EN10MB);
  });
  afterAll(() => handle.close());

  it.each(EXPRESSIONS)('$label', ({ expression }) => {
    const program = decodeProgram(handle.compile(expression));
    const printed = execFileSync('tcpdump', ['-d', '-y', 'EN10MB', expression], { encoding: 'utf8' });
    expect(disassembleProgram(program)).toBe(printed.trimEnd());
  });
});
