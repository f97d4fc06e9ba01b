import { describe, expect, it } from 'vitest';

import type { ClassicProgram, Instruction } from './bpf/instruction.ts';
import { unionExpression } from './union-expression.ts';

const MATCH: Instruction = { op: 'return', value: 1 };

function loading(offset: number): ClassicProgram {
  return [{ op: 'loadAbsolute', size: 2, offset }, MATCH];
}

const PORT: ClassicProgram = [
  { op: 'loadHeaderLength', offset: 14 },
  { op: 'loadIndirect', size: 2, offset: 56 },
  MATCH,
];
const ANYWHERE: ClassicProgram = [
  { op: 'transfer', to: 'X' },
  { op: 'loadIndirect', size: 4, offset: 14 },
  MATCH,
];
const DIVIDES: ClassicProgram = [{ op: 'alu', operator: 'div', operand: 'X' }, MATCH];

describe('unionExpression', () => {
  it('is the expression itself where there is one', () => {
    expect(unionExpression([{ expression: 'arp', program: loading(12) }])).toBe('arp');
  });

  it('lets through what is too short for the loads of those before the last', () => {
    const members = [
      { expression: 'far', program: loading(98) },
      { expression: 'farther', program: loading(998) },
    ];
    expect(unionExpression(members)).toBe('(less 99) or (far) or (farther)');
  });

  it('lets through every packet with IPv4 options rather than every one shorter than the longest header', () => {
    const members = [
      { expression: 'port', program: PORT },
      { expression: 'arp', program: loading(12) },
    ];
    expect(unionExpression(members)).toBe('(less 77) or (ip[0] & 0xf > 5) or (port) or (arp)');
  });

  it.each([
    ['a load at a computed place', 'data', ANYWHERE],
    ['a division by the packet', 'quotient', DIVIDES],
    ['a keyword that moves offsets', 'mpls 5', loading(12)],
  ])('puts %s last', (_, expression, program) => {
    const members = [
      { expression, program },
      { expression: 'arp', program: loading(12) },
    ];
    expect(unionExpression(members)).toBe(`(less 53) or (arp) or (${expression})`);
  });

  it('gives up where two have to stand last', () => {
    const members = [
      { expression: 'data', program: ANYWHERE },
      { expression: 'pppoes', program: loading(12) },
    ];
    expect(unionExpression(members)).toBeNull();
  });

  it('gives up for a filter of every packet and for one that asks the kernel', () => {
    const arp = { expression: 'arp', program: loading(12) };
    const direction: ClassicProgram = [{ op: 'loadExtension', extension: 'packetType' }, MATCH];
    expect(unionExpression([arp, { expression: '', program: [MATCH] }])).toBeNull();
    expect(unionExpression([arp, { expression: 'inbound', program: direction }])).toBeNull();
    expect(unionExpression([])).toBeNull();
  });
});
