import { describe, expect, it } from 'vitest';

import { assemble } from './assemble.ts';
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
  store,
} from './instruction.ts';

const hex = (program: readonly EbpfInstruction[]): string =>
  Buffer.from(assemble(program, { rows: 5 })).toString('hex');

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
    ['r1 = map rows', loadMap(R1, 'rows'), '18110000050000000000000000000000'],
    ['r1 = value of map rows', loadMapValue(R1, 'rows'), '18210000050000000000000000000000'],
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
      loadMap(R1, 'rows'),
      jump('start'),
      label('end'),
      exit(),
    ];
    expect(hex(program)).toBe(
      [
        '2501040004000000',
        '4e21feff00000000',
        '18110000050000000000000000000000',
        '0500fbff00000000',
        '9500000000000000',
      ].join(''),
    );
  });

  it.each<[string, EbpfInstruction[]]>([
    ['no label nowhere', [jump('nowhere')]],
    ['label here is there twice', [label('here'), label('here')]],
    ['no descriptor of map row', [loadMap(R1, 'row')]],
    ['does not fit 16 bits', [load(1, R1, R2, 40_000)]],
    ['does not fit 31 bits', [alu('add', R1, 0x8000_0000)]],
    ['does not fit 32 bits', [mov32(R1, 2 ** 32)]],
    ['does not fit 16 bits', [jump('far'), ...Array.from({ length: 32_768 }, () => exit()), label('far')]],
  ])('refuses: %s', (message, program) => {
    expect(() => assemble(program)).toThrow(message);
  });
});
