import { describe, expect, it } from 'vitest';

import type { Instruction } from '../../bpf/instruction.ts';
import { withoutCookedHeader } from './without-cooked-header.ts';

describe('withoutCookedHeader', () => {
  it.each<[string, Instruction, Instruction]>([
    [
      'behind the header',
      { op: 'loadAbsolute', size: 1, offset: 25 },
      { op: 'loadAbsolute', size: 1, offset: 9 },
    ],
    [
      'the protocol',
      { op: 'loadAbsolute', size: 2, offset: 14 },
      { op: 'loadExtension', extension: 'protocol' },
    ],
    [
      'the packet type',
      { op: 'loadAbsolute', size: 2, offset: 0 },
      { op: 'loadExtension', extension: 'packetType' },
    ],
    ['behind X', { op: 'loadIndirect', size: 2, offset: 18 }, { op: 'loadIndirect', size: 2, offset: 2 }],
    ['a header length', { op: 'loadHeaderLength', offset: 16 }, { op: 'loadHeaderLength', offset: 0 }],
    ['no load', { op: 'negate' }, { op: 'negate' }],
  ])('%s', (_name, from, to) => {
    expect(withoutCookedHeader([from])).toEqual([to]);
  });

  it.each<Instruction>([
    { op: 'loadAbsolute', size: 4, offset: 6 },
    { op: 'loadAbsolute', size: 1, offset: 14 },
    { op: 'loadIndirect', size: 1, offset: 15 },
  ])('refuses %j: the kernel does not have it', (instruction) => {
    expect(() => withoutCookedHeader([instruction])).toThrow('which the kernel does not have');
  });
});
