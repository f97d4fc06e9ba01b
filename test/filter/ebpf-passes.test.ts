import { type ClassicProgram, decodeProgram, predicateOf } from '@ifcast/filter';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { openDead } from '../../packages/daemon/src/sys/libpcap.ts';
import { type Blocks, basicBlocks, hasLoop } from '../../packages/filter/src/ebpf/passes/blocks.ts';
import { lengthChecks } from '../../packages/filter/src/ebpf/passes/length-checks.ts';
import { removeDeadCode } from '../../packages/filter/src/ebpf/passes/liveness.ts';
import { searchTrees } from '../../packages/filter/src/ebpf/passes/search-trees.ts';
import { specialize } from '../../packages/filter/src/ebpf/passes/specialize.ts';
import { EXPRESSIONS } from '../support/expressions.ts';
import { randomFrames } from '../support/random-frames.ts';
import { randomProgram } from '../support/random-programs.ts';
import { runBlocks } from '../support/run-blocks.ts';

const DLT_EN10MB = 1;
const IPV4_HEADER_BYTES = 20;
const FRAMES = randomFrames(20_261_125, 60);

/** What every pass makes of a program; each must mean what the program means. */
const PASSES: readonly (readonly [string, (program: ClassicProgram) => Blocks])[] = [
  ['basic blocks', basicBlocks],
  ['search trees', (program) => searchTrees(basicBlocks(program))],
  ['constants', (program) => specialize(basicBlocks(program), IPV4_HEADER_BYTES)],
  ['all of them', (program) => searchTrees(specialize(basicBlocks(program), IPV4_HEADER_BYTES))],
];

describe.each(PASSES)('%s', (_name, pass) => {
  const check = (program: ClassicProgram): number => {
    const matches = predicateOf(program);
    const blocks = pass(program);
    const checks = lengthChecks(blocks);
    const lean = removeDeadCode(blocks);
    let decided = 0;
    for (const { frame, info } of FRAMES) {
      const outcome = runBlocks(lean, checks, frame, info);
      if (outcome === 'general') continue;
      decided++;
      expect(outcome).toBe(matches(frame, info));
    }
    return decided;
  };

  it('means what libpcap means', () => {
    const handle = openDead(DLT_EN10MB);
    const programs = EXPRESSIONS.map(({ expression }) => decodeProgram(handle.compile(expression)));
    handle.close();
    const decided = programs.map(check);
    // An assumption that never holds would prove nothing.
    expect(decided.filter((count) => count > FRAMES.length / 2).length).toBe(programs.length);
  });

  it('means what a random program means', () => {
    fc.assert(
      fc.property(randomProgram, (program) => {
        check(program);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('searchTrees', () => {
  const ports = (count: number): string =>
    Array.from({ length: count }, (_, index) => `port ${2 * index}`).join(' or ');
  const compile = (expression: string): Blocks => {
    const handle = openDead(DLT_EN10MB);
    const blocks = basicBlocks(decodeProgram(handle.compile(expression)));
    handle.close();
    return blocks;
  };

  it('leaves no long chain of comparisons', () => {
    const longest = (blocks: Blocks): number =>
      Math.max(...blocks.map((_, index) => chainLength(blocks, index)));
    const blocks = compile(`tcp and (${ports(300)})`);
    expect(longest(blocks)).toBeGreaterThan(200);
    expect(longest(searchTrees(blocks))).toBeLessThan(20);
  });

  it('leaves a program without one as it is', () => {
    const blocks = compile('tcp port 443');
    expect(searchTrees(blocks)).toBe(blocks);
  });
});

describe('hasLoop', () => {
  it.each([
    ['ip6 protochain 6', true],
    ['tcp port 80', false],
  ])('%s: %s', (expression, expected) => {
    const handle = openDead(DLT_EN10MB);
    expect(hasLoop(basicBlocks(decodeProgram(handle.compile(expression))))).toBe(expected);
    handle.close();
  });
});

/** Blocks one behind the other that only compare for equality. */
function chainLength(blocks: Blocks, start: number): number {
  let length = 0;
  for (let index = start; ; length++) {
    const { body, end } = blocks[index]!;
    if (end.op !== 'branch' || end.condition !== 'eq' || (length > 0 && body.length > 0)) return length;
    index = end.whenFalse;
  }
}
