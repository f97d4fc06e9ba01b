import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { assemble } from './assemble.ts';
import { disassemble } from './disassemble.ts';
import { formatProgram } from './format-program.ts';
import {
  alu,
  alu32,
  byteSwap,
  call,
  type EbpfInstruction,
  exit,
  HELPER,
  jump,
  jumpIf,
  jumpIf32,
  label,
  load,
  loadMap,
  loadMapValue,
  mov,
  mov32,
  R0,
  R1,
  R2,
  R3,
  R10,
  type Register,
  store,
} from './instruction.ts';

const hex = (program: readonly EbpfInstruction[]): string => Buffer.from(assemble(program)).toString('hex');

describe('assemble', () => {
  // The bytes are those of RFC 9669's tables, written out by hand.
  it.each<[string, EbpfInstruction, string]>([
    ['r1 += 22', alu('add', R1, 22), '0701000016000000'],
    ['w1 -= w2', alu32('sub', R1, R2), '1c21000000000000'],
    ['r0 = -1', mov(R0, -1), 'b7000000ffffffff'],
    ['w0 = 0xffffffff', mov32(R0, 0xffff_ffff), 'b4000000ffffffff'],
    ['r3 s>>= 63', alu('arsh', R3, 63), 'c70300003f000000'],
    ['r0 = -r0', alu('neg', R0, 0), '8700000000000000'],
    ['r0 = be16 r0', byteSwap(16, R0), 'dc00000010000000'],
    ['r1 = *(u8 *)(r2 + 12)', load(1, R1, R2, 12), '71210c0000000000'],
    ['r1 = *(u16 *)(r2 - 2)', load(2, R1, R2, -2), '6921feff00000000'],
    ['r1 = *(u32 *)(r2 + 0)', load(4, R1, R2, 0), '6121000000000000'],
    ['r1 = *(u64 *)(r10 - 8)', load(8, R1, R10, -8), '79a1f8ff00000000'],
    ['*(u32 *)(r10 - 4) = 7', store(4, R10, -4, 7), '620afcff07000000'],
    ['*(u64 *)(r10 - 8) = r1', store(8, R10, -8, R1), '7b1af8ff00000000'],
    ['r1 = map fd 5', loadMap(R1, 5), '18110000050000000000000000000000'],
    ['r1 = value of map fd 5', loadMapValue(R1, 5), '18210000050000000000000000000000'],
    ['call mapLookupElem#1', call(HELPER.mapLookupElem), '8500000001000000'],
    ['exit', exit(), '9500000000000000'],
  ])('%s', (text, instruction, bytes) => {
    expect(hex([instruction])).toBe(bytes);
    expect(
      formatProgram([instruction])
        .trim()
        .replace(/0x[0-9a-f]+$/, (digits) => String(Number(digits))),
    ).toBe(text.replace(/0x[0-9a-f]+$/, (digits) => String(Number(digits))));
  });

  it('fixes up jumps forward and backward, over wide instructions', () => {
    const program = [
      label('start'),
      jumpIf(R1, 'gt', 4, 'end'),
      jumpIf32(R1, 'set', R2, 'start'),
      loadMap(R1, 0),
      jump('start'),
      label('end'),
      exit(),
    ];
    expect(hex(program)).toBe(
      [
        '2501040004000000',
        '4e21feff00000000',
        '18110000000000000000000000000000',
        '0500fbff00000000',
        '9500000000000000',
      ].join(''),
    );
  });

  it.each<[string, EbpfInstruction[]]>([
    ['no label nowhere', [jump('nowhere')]],
    ['label here is there twice', [label('here'), label('here')]],
    ['does not fit 16 bits', [load(1, R1, R2, 40_000)]],
    ['does not fit 31 bits', [alu('add', R1, 0x8000_0000)]],
    ['does not fit 32 bits', [mov32(R1, 2 ** 32)]],
    ['does not fit 16 bits', [jump('far'), ...Array.from({ length: 32_768 }, () => exit()), label('far')]],
  ])('refuses: %s', (message, program) => {
    expect(() => assemble(program)).toThrow(message);
  });
});

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
      fd: fc.nat(0x7fff_ffff),
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
        const bytes = assemble(program);
        expect(disassemble(bytes)).toEqual(program);
        expect(assemble(disassemble(bytes))).toEqual(bytes);
      }),
    );
  });

  it('refuses what assemble does not make', () => {
    expect(() => disassemble(Buffer.from('ff00000000000000', 'hex'))).toThrow('opcode 0xff');
    expect(() => disassemble(Buffer.from('1801000000000000', 'hex'))).toThrow('no second slot');
    expect(() => disassemble(new Uint8Array(7))).toThrow('no whole slots');
  });
});
