import { describe, expect, it } from 'vitest';
import { decodeProgram, successors } from './decode-program.ts';
import { FilterError } from './filter-error.ts';
import type { Instruction, RawInstruction } from './instruction.ts';

const insn = (code: number, k = 0, jt = 0, jf = 0): RawInstruction => ({ code, jt, jf, k });
const RET_0 = insn(0x06);

describe('decodeProgram', () => {
  // Codes and meanings are those of the table in networking/filter.rst of the Linux documentation.
  it.each<[string, RawInstruction, Instruction]>([
    ['ld [14]', insn(0x20, 14), { op: 'loadAbsolute', size: 4, offset: 14 }],
    ['ldh [12]', insn(0x28, 12), { op: 'loadAbsolute', size: 2, offset: 12 }],
    ['ldb [23]', insn(0x30, 23), { op: 'loadAbsolute', size: 1, offset: 23 }],
    ['ld [-256]', insn(0x20, 0xffff_ff00), { op: 'loadAbsolute', size: 4, offset: 0xffff_ff00 }],
    ['ld mark', insn(0x20, 0xffff_f014), { op: 'loadAbsolute', size: 4, offset: 0xffff_f014 }],
    ['ld [x + 14]', insn(0x40, 14), { op: 'loadIndirect', size: 4, offset: 14 }],
    ['ldh [x + 14]', insn(0x48, 14), { op: 'loadIndirect', size: 2, offset: 14 }],
    ['ldb [x + 0xffffffff]', insn(0x50, 0xffff_ffff), { op: 'loadIndirect', size: 1, offset: 0xffff_ffff }],
    ['ld #5', insn(0x00, 5), { op: 'loadConstant', register: 'A', value: 5 }],
    ['ldx #5', insn(0x01, 5), { op: 'loadConstant', register: 'X', value: 5 }],
    ['ld len', insn(0x80), { op: 'loadLength', register: 'A' }],
    ['ldx len', insn(0x81), { op: 'loadLength', register: 'X' }],
    ['ld M[15]', insn(0x60, 15), { op: 'loadScratch', register: 'A', index: 15 }],
    ['ldx M[0]', insn(0x61, 0), { op: 'loadScratch', register: 'X', index: 0 }],
    ['ldx 4*([14]&0xf)', insn(0xb1, 14), { op: 'loadHeaderLength', offset: 14 }],
    ['st M[3]', insn(0x02, 3), { op: 'storeScratch', register: 'A', index: 3 }],
    ['stx M[15]', insn(0x03, 15), { op: 'storeScratch', register: 'X', index: 15 }],
    ['add #7', insn(0x04, 7), { op: 'alu', operator: 'add', operand: 7 }],
    ['sub x', insn(0x1c), { op: 'alu', operator: 'sub', operand: 'X' }],
    ['mul #7', insn(0x24, 7), { op: 'alu', operator: 'mul', operand: 7 }],
    ['div x', insn(0x3c), { op: 'alu', operator: 'div', operand: 'X' }],
    ['or #7', insn(0x44, 7), { op: 'alu', operator: 'or', operand: 7 }],
    ['and x', insn(0x5c), { op: 'alu', operator: 'and', operand: 'X' }],
    ['lsh #31', insn(0x64, 31), { op: 'alu', operator: 'lsh', operand: 31 }],
    ['rsh x', insn(0x7c), { op: 'alu', operator: 'rsh', operand: 'X' }],
    ['mod #7', insn(0x94, 7), { op: 'alu', operator: 'mod', operand: 7 }],
    ['xor x', insn(0xac), { op: 'alu', operator: 'xor', operand: 'X' }],
    ['neg', insn(0x84), { op: 'negate' }],
    ['tax', insn(0x07), { op: 'transfer', to: 'X' }],
    ['txa', insn(0x87), { op: 'transfer', to: 'A' }],
    ['ld proto', insn(0x28, 0xffff_f000), { op: 'loadExtension', extension: 'protocol' }],
    ['ld type', insn(0x28, 0xffff_f004), { op: 'loadExtension', extension: 'packetType' }],
    ['ld ifidx', insn(0x20, 0xffff_f008), { op: 'loadExtension', extension: 'ifindex' }],
    ['ld vlan_tci', insn(0x30, 0xffff_f02c), { op: 'loadExtension', extension: 'vlanTag' }],
    ['ld vlan_avail', insn(0x30, 0xffff_f030), { op: 'loadExtension', extension: 'vlanTagPresent' }],
    ['ld vlan_tpid', insn(0x28, 0xffff_f03c), { op: 'loadExtension', extension: 'vlanProtocol' }],
  ])('%s', (_, raw, instruction) => {
    expect(decodeProgram([raw, RET_0])).toEqual([instruction, { op: 'return', value: 0 }]);
  });

  it.each([
    [0x15, 'eq', 9],
    [0x25, 'gt', 9],
    [0x35, 'ge', 9],
    [0x45, 'set', 9],
    [0x1d, 'eq', 'X'],
    [0x2d, 'gt', 'X'],
    [0x3d, 'ge', 'X'],
    [0x4d, 'set', 'X'],
  ] as const)('code 0x%s jumps if %s %s', (code, condition, operand) => {
    const [jump] = decodeProgram([insn(code, 9, 1, 0), RET_0, RET_0]);
    expect(jump).toEqual({ op: 'jumpIf', condition, operand, skipTrue: 1, skipFalse: 0 });
  });

  it('returns a constant or A', () => {
    expect(decodeProgram([insn(0x06, 0x4_0000)])).toEqual([{ op: 'return', value: 0x4_0000 }]);
    expect(decodeProgram([insn(0x16)])).toEqual([{ op: 'return', value: 'A' }]);
  });

  it('jumps backward where k is negative, as ip6 protochain of libpcap does', () => {
    expect(decodeProgram([RET_0, insn(0x05, 0xffff_fffe)])[1]).toEqual({ op: 'jump', skip: -2 });
  });

  describe('refuses', () => {
    it.each<[string, RawInstruction[], string]>([
      ['an empty program', [], 'a BPF program has 1 to 1048576 instructions, not 0'],
      ['running out of the program', [insn(0x20)], 'BPF instruction 0 jumps or runs out of the program'],
      ['a jump beyond it', [insn(0x05, 1), RET_0], 'BPF instruction 0 jumps or runs out of the program'],
      [
        'a jump before it',
        [RET_0, insn(0x05, 0xffff_fffd), RET_0],
        'BPF instruction 1 jumps or runs out of the program',
      ],
      [
        'a true branch beyond it',
        [insn(0x15, 0, 1, 0), RET_0],
        'BPF instruction 0 jumps or runs out of the program',
      ],
      [
        'a false branch beyond it',
        [insn(0x15, 0, 0, 255), RET_0],
        'BPF instruction 0 jumps or runs out of the program',
      ],
      [
        'a scratch load beyond M[15]',
        [insn(0x60, 16), RET_0],
        'BPF instruction 0 uses scratch word 16 of 16',
      ],
      [
        'a scratch load to X beyond',
        [insn(0x61, 0xffff_ffff), RET_0],
        'BPF instruction 0 uses scratch word 4294967295 of 16',
      ],
      ['a scratch store beyond', [insn(0x02, 16), RET_0], 'BPF instruction 0 uses scratch word 16 of 16'],
      [
        'a scratch store of X beyond',
        [insn(0x03, 99), RET_0],
        'BPF instruction 0 uses scratch word 99 of 16',
      ],
      ['a division by 0', [RET_0, insn(0x34, 0), RET_0], 'BPF instruction 1 divides by 0'],
      ['a modulo by 0', [insn(0x94, 0), RET_0], 'BPF instruction 0 divides by 0'],
      ['a left shift by a word', [insn(0x64, 32), RET_0], 'BPF instruction 0 shifts by 32 bits'],
      ['a right shift by more', [insn(0x74, 4096), RET_0], 'BPF instruction 0 shifts by 4096 bits'],
      ['a size of eight bytes', [insn(0x38), RET_0], 'BPF instruction 0 has the unknown code 0x38'],
      ['a constant of one byte', [insn(0x10), RET_0], 'BPF instruction 0 has the unknown code 0x10'],
      ['a length of two bytes', [insn(0x88), RET_0], 'BPF instruction 0 has the unknown code 0x88'],
      ['a scratch load of a byte', [insn(0x70), RET_0], 'BPF instruction 0 has the unknown code 0x70'],
      ['an unknown mode', [insn(0xc0), RET_0], 'BPF instruction 0 has the unknown code 0xc0'],
      ['a packet load to X', [insn(0x21), RET_0], 'BPF instruction 0 has the unknown code 0x21'],
      ['MSH of a word', [insn(0xa1), RET_0], 'BPF instruction 0 has the unknown code 0xa1'],
      ['a store with a mode', [insn(0x62), RET_0], 'BPF instruction 0 has the unknown code 0x62'],
      ['a store of X with a mode', [insn(0x63), RET_0], 'BPF instruction 0 has the unknown code 0x63'],
      ['an unknown operator', [insn(0xb4), RET_0], 'BPF instruction 0 has the unknown code 0xb4'],
      ['an unknown jump', [insn(0x55), RET_0], 'BPF instruction 0 has the unknown code 0x55'],
      ['a jump by X', [insn(0x0d), RET_0], 'BPF instruction 0 has the unknown code 0xd'],
      ['returning X', [insn(0x0e), RET_0], 'BPF instruction 0 has the unknown code 0xe'],
      ['an unknown transfer', [insn(0x17), RET_0], 'BPF instruction 0 has the unknown code 0x17'],
      ['a code of more than a byte', [insn(0x120), RET_0], 'BPF instruction 0 has the unknown code 0x120'],
    ])('%s', (_, program, message) => {
      expect(() => decodeProgram(program)).toThrow(new FilterError('program', message));
    });

    it.each([
      ['a negative code', { code: -1, jt: 0, jf: 0, k: 0 }],
      ['a branch of two bytes', { code: 0x15, jt: 256, jf: 0, k: 0 }],
      ['a negative branch', { code: 0x15, jt: 0, jf: -1, k: 0 }],
      ['a constant of 33 bits', { code: 0x06, jt: 0, jf: 0, k: 2 ** 32 }],
      ['a negative constant', { code: 0x06, jt: 0, jf: 0, k: -1 }],
      ['a fraction', { code: 0x06, jt: 0, jf: 0, k: 0.5 }],
      ['text', { code: 0x06, jt: 0, jf: 0, k: '0; process.exit()' as unknown as number }],
    ])('%s', (_, instruction) => {
      expect(() => decodeProgram([instruction])).toThrow(
        new FilterError(
          'program',
          'BPF instruction 0 has a field that is not an unsigned number of its size',
        ),
      );
    });

    it('more than a million instructions', () => {
      const program = new Array<RawInstruction>(1_048_577).fill(RET_0);
      expect(() => decodeProgram(program)).toThrow(
        'a BPF program has 1 to 1048576 instructions, not 1048577',
      );
    });
  });
});

describe('successors', () => {
  it('are what can come next', () => {
    expect(successors({ op: 'return', value: 0 }, 3)).toEqual([]);
    expect(successors({ op: 'jump', skip: -2 }, 3)).toEqual([2]);
    expect(successors({ op: 'jumpIf', condition: 'eq', operand: 0, skipTrue: 0, skipFalse: 4 }, 3)).toEqual([
      4, 8,
    ]);
    expect(successors({ op: 'negate' }, 3)).toEqual([4]);
  });
});
