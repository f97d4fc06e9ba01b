import { assemble, type EbpfInstruction } from '@ifcast/filter';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { label, type Register } from '../../packages/filter/src/ebpf/isa/instruction.ts';
import { disassemble } from '../support/disassemble-ebpf.ts';

/** A map's name holds its descriptor: bytes know no more of it. */
const MAPS = { 'fd 3': 3, 'fd 70000': 70_000 };

describe('disassemble', () => {
  const register = fc.integer({ min: 0, max: 10 }).map((number) => `r${number}` as Register);
  const size = fc.constantFrom(1, 2, 4, 8);
  const offset = fc.integer({ min: -0x8000, max: 0x7fff });
  const operand = (bits: 32 | 64) =>
    fc.oneof(
      register,
      bits === 64
        ? fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
        : fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    );
  const bits = fc.constantFrom(32, 64);
  const aluOperator = fc.constantFrom(
    'add',
    'sub',
    'mul',
    'div',
    'or',
    'and',
    'lsh',
    'rsh',
    'mod',
    'xor',
    'mov',
    'arsh',
  );
  const condition = fc.constantFrom('eq', 'gt', 'ge', 'set', 'ne', 'sgt', 'sge', 'lt', 'le', 'slt', 'sle');
  const instruction: fc.Arbitrary<EbpfInstruction> = fc.oneof(
    bits.chain((width) =>
      fc.record({
        op: fc.constant('alu' as const),
        bits: fc.constant(width),
        operator: aluOperator,
        dst: register,
        operand: operand(width),
      }),
    ),
    fc.record({ op: fc.constant('byteSwap' as const), bits: fc.constantFrom(16, 32, 64), dst: register }),
    fc.record({ op: fc.constant('load' as const), size, dst: register, src: register, offset }),
    size.chain((width) =>
      fc.record({
        op: fc.constant('store' as const),
        size: fc.constant(width),
        dst: register,
        offset,
        value: operand(width === 8 ? 64 : 32),
      }),
    ),
    fc.record({
      op: fc.constantFrom('loadMap' as const, 'loadMapValue' as const),
      dst: register,
      map: fc.constantFrom(...Object.keys(MAPS)),
    }),
    fc.constant({ op: 'jump' as const, target: 'L0' }),
    bits.chain((width) =>
      fc.record({
        op: fc.constant('jumpIf' as const),
        bits: fc.constant(width),
        condition,
        dst: register,
        operand: operand(width),
        target: fc.constant('L0'),
      }),
    ),
    fc.record({ op: fc.constant('call' as const), helper: fc.nat(300) }),
    fc.constant({ op: 'exit' as const }),
  );

  it('is the inverse of assemble', () => {
    fc.assert(
      fc.property(fc.array(instruction, { minLength: 1, maxLength: 40 }), (body) => {
        const jumps = body.some(({ op }) => op === 'jump' || op === 'jumpIf');
        const program: EbpfInstruction[] = jumps ? [label('L0'), ...body] : body;
        const bytes = assemble(program, MAPS);
        expect(disassemble(bytes)).toEqual(program);
        expect(assemble(disassemble(bytes), MAPS)).toEqual(bytes);
      }),
    );
  });

  it('refuses what assemble does not make', () => {
    expect(() => disassemble(Buffer.from('ff00000000000000', 'hex'))).toThrow('opcode 0xff');
    expect(() => disassemble(Buffer.from('1801000000000000', 'hex'))).toThrow('no second slot');
    expect(() => disassemble(new Uint8Array(7))).toThrow('no whole slots');
  });
});
