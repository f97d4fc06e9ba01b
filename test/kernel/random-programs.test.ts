import { type ClassicProgram, predicateOf } from '@ifcast/filter';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { disassembleProgram } from '../support/disassemble-program.ts';
import { ALL_HOOKS, asSeenAt, canRun, KernelRun } from '../support/kernel-run.ts';
import { randomFrames } from '../support/random-frames.ts';
import { randomProgram } from '../support/random-programs.ts';
import { requirements } from '../support/requirements.ts';

const SEED = 20_261_128;
const FILTERS_A_PROGRAM = 5;

// Every instruction of classic BPF in every order: far more than libpcap ever makes.
describe.runIf(requirements('root', 'bpf'))('kernel and predicate agree on random programs', () => {
  it.each(ALL_HOOKS)('%s', (hook) => {
    const frames = randomFrames(SEED, 60).filter(({ frame }) => canRun(hook, frame));
    const programs = fc
      .sample(randomProgram, { numRuns: 2000, seed: SEED })
      .filter((program) => hook !== 'xdp' || !asksProtocol(program));
    const seen = { matched: 0, unmatched: 0 };
    for (let first = 0; first < programs.length; first += FILTERS_A_PROGRAM) {
      const filters = programs.slice(first, first + FILTERS_A_PROGRAM);
      const predicates = filters.map(predicateOf);
      const kernel = new KernelRun({ hook, filters });
      try {
        for (const random of frames) {
          const { sent, frame, info } = asSeenAt(hook, random.frame, null);
          const counted = kernel.run(sent);
          predicates.forEach((matches, index) => {
            const expected = matches(frame, info);
            seen[expected ? 'matched' : 'unmatched']++;
            if ((counted[index]!.packets === 1n) !== expected) {
              throw new Error(
                `${disassembleProgram(filters[index]!)}\non ${Buffer.from(sent).toString('hex')}: expected ${expected}`,
              );
            }
          });
        }
      } finally {
        kernel.close();
      }
    }
    expect(Math.min(seen.matched, seen.unmatched)).toBeGreaterThan(2000);
  });
});

/** An XDP program sees frames of Ethernet, whose protocol libpcap reads from the frame. */
function asksProtocol(program: ClassicProgram): boolean {
  return program.some(
    ({ op, ...rest }) => op === 'loadExtension' && 'extension' in rest && rest.extension === 'protocol',
  );
}
