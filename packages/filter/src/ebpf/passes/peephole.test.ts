import { describe, expect, it } from 'vitest';

import { type EbpfInstruction, exit, jump, jumpIf, label, mov, R0, R1 } from '../isa/instruction.ts';
import { peephole } from './peephole.ts';

describe('peephole', () => {
  it.each<[string, EbpfInstruction[], EbpfInstruction[]]>([
    ['a jump to the next instruction goes', [jump('a'), label('a'), exit()], [label('a'), exit()]],
    [
      'a branch around a jump is turned over',
      [jumpIf(R0, 'gt', 4, 'near'), jump('far'), label('near'), mov(R0, 0), label('far'), exit()],
      [jumpIf(R0, 'le', 4, 'far'), label('near'), mov(R0, 0), label('far'), exit()],
    ],
    [
      'a test of bits cannot be turned over',
      [jumpIf(R0, 'set', 4, 'near'), jump('far'), label('near'), mov(R0, 0), label('far'), exit()],
      [jumpIf(R0, 'set', 4, 'near'), jump('far'), label('near'), mov(R0, 0), label('far'), exit()],
    ],
    [
      'what nothing reaches goes, a loop of its own too',
      [exit(), label('loop'), mov(R1, 1), jump('loop')],
      [exit()],
    ],
    [
      'what a jump reaches stays',
      [jump('end'), mov(R0, 1), label('back'), exit(), label('end'), jump('back')],
      [jump('end'), label('back'), exit(), label('end'), jump('back')],
    ],
  ])('%s', (_name, program, expected) => {
    expect(peephole(program)).toEqual(expected);
  });
});
