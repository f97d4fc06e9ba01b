import { describe, expect, it } from 'vitest';
import { decodeProgram } from './decode-program.ts';
import type { Instruction } from './instruction.ts';
import type { PacketInfo } from './packet-info.ts';
import { predicateOf } from './predicate.ts';

const INFO: PacketInfo = {
  untaggedLength: 1514,
  packetType: 4,
  protocol: 0x0800,
  ifindex: 3,
  vlan: { tci: 0x6064, tpid: 0x88a8 },
};
const FRAME = Uint8Array.from([0x12, 0x34, 0x80, 0xff, 0xfe, 0x45, 0x00, 0x01]);

const a = (value: number): Instruction => ({ op: 'loadConstant', register: 'A', value });
const x = (value: number): Instruction => ({ op: 'loadConstant', register: 'X', value });
const abs = (size: 1 | 2 | 4, offset: number): Instruction => ({ op: 'loadAbsolute', size, offset });
const ind = (size: 1 | 2 | 4, offset: number): Instruction => ({ op: 'loadIndirect', size, offset });
const msh = (offset: number): Instruction => ({ op: 'loadHeaderLength', offset });
const alu = (
  operator: Extract<Instruction, { op: 'alu' }>['operator'],
  operand: number | 'X',
): Instruction => ({ op: 'alu', operator, operand });
const extension = (name: Extract<Instruction, { op: 'loadExtension' }>['extension']): Instruction => ({
  op: 'loadExtension',
  extension: name,
});
const tax: Instruction = { op: 'transfer', to: 'X' };
const txa: Instruction = { op: 'transfer', to: 'A' };
const negate: Instruction = { op: 'negate' };
const ret = (value: number | 'A'): Instruction => ({ op: 'return', value });
const when = (
  condition: Extract<Instruction, { op: 'jumpIf' }>['condition'],
  operand: number | 'X',
  skipTrue: number,
  skipFalse: number,
): Instruction => ({ op: 'jumpIf', condition, operand, skipTrue, skipFalse });

function matches(program: readonly Instruction[], frame = FRAME, info = INFO): boolean {
  return predicateOf(program)(frame, info);
}

/** Whether A holds exactly this after the instructions: none other must be taken for it. */
function leavesInA(value: number, program: readonly Instruction[], info = INFO): boolean {
  return matches([...program, when('eq', value, 0, 1), ret(1), ret(0)], FRAME, info);
}

describe('predicateOf', () => {
  it.each<[string, Instruction[], number]>([
    ['a byte', [abs(1, 0)], 0x12],
    ['the last byte', [abs(1, 7)], 1],
    ['two bytes, big-endian', [abs(2, 2)], 0x80ff],
    ['four bytes, unsigned', [abs(4, 2)], 0x80fffe45],
    ['the last four bytes', [abs(4, 4)], 0xfe450001],
    ['a byte at X', [x(3), ind(1, 1)], 0xfe],
    ['two bytes at X', [x(6), ind(2, 0)], 1],
    ['four bytes at X', [x(1), ind(4, 1)], 0x80fffe45],
    ['the largest constant', [a(0xffff_ffff)], 0xffff_ffff],
    ['X', [x(0xffff_ffff), txa], 0xffff_ffff],
    ['A by way of X', [a(9), tax, a(1), txa], 9],
    ['the length on the wire', [{ op: 'loadLength', register: 'A' }], 1514],
    ['the length in X', [{ op: 'loadLength', register: 'X' }, txa], 1514],
    ['four times a nibble', [msh(0), txa], 8],
    ['the nibble without its neighbour', [msh(5), txa], 20],
    ['A, which MSH keeps', [a(77), msh(0)], 77],
    [
      'a scratch word',
      [
        a(5),
        { op: 'storeScratch', register: 'A', index: 15 },
        a(1),
        { op: 'loadScratch', register: 'A', index: 15 },
      ],
      5,
    ],
    [
      'a scratch word by way of X',
      [
        x(6),
        { op: 'storeScratch', register: 'X', index: 0 },
        x(1),
        { op: 'loadScratch', register: 'X', index: 0 },
        txa,
      ],
      6,
    ],
    ['a scratch word never written', [a(1), { op: 'loadScratch', register: 'A', index: 7 }], 0],
    ['A at the start', [], 0],
    ['X at the start', [a(1), txa], 0],

    ['a sum that wraps', [a(0xffff_ffff), alu('add', 2)], 1],
    ['a sum with X', [a(0x8000_0000), x(0x8000_0001), alu('add', 'X')], 1],
    ['a difference that wraps', [a(1), alu('sub', 2)], 0xffff_ffff],
    ['a difference with X', [a(1), x(0xffff_ffff), alu('sub', 'X')], 2],
    ['a product that wraps', [a(0xffff_ffff), alu('mul', 0xffff_ffff)], 1],
    ['a product beyond 2^53', [a(0xdead_beef), x(0xcafe_babe), alu('mul', 'X')], 0x88cf_5b62],
    ['an unsigned quotient', [a(0xffff_fffe), alu('div', 2)], 0x7fff_ffff],
    ['a quotient beyond 2^31', [a(0xffff_ffff), alu('div', 1)], 0xffff_ffff],
    ['a quotient rounded down', [a(7), x(4), alu('div', 'X')], 1],
    ['an unsigned remainder', [a(0xffff_ffff), alu('mod', 0x8000_0000)], 0x7fff_ffff],
    ['a remainder by X', [a(7), x(4), alu('mod', 'X')], 3],
    ['an unsigned and', [a(0xff00_00ff), alu('and', 0x8000_000f)], 0x8000_000f],
    ['an and with X', [a(6), x(3), alu('and', 'X')], 2],
    ['an unsigned or', [a(0x8000_0000), alu('or', 1)], 0x8000_0001],
    ['an or with X', [a(6), x(3), alu('or', 'X')], 7],
    ['an unsigned xor', [a(1), alu('xor', 0x8000_0001)], 0x8000_0000],
    ['an xor with X', [a(6), x(3), alu('xor', 'X')], 5],
    ['a left shift', [a(3), alu('lsh', 31)], 0x8000_0000],
    ['a left shift by X', [a(3), x(1), alu('lsh', 'X')], 6],
    ['nothing after a left shift by 32', [a(3), x(32), alu('lsh', 'X')], 0],
    ['nothing after a left shift by 2^32-1', [a(3), x(0xffff_ffff), alu('lsh', 'X')], 0],
    ['an unsigned right shift', [a(0x8000_0000), alu('rsh', 31)], 1],
    ['an unsigned shift by 0', [a(0x8000_0000), alu('rsh', 0)], 0x8000_0000],
    ['a right shift by X', [a(0x8000_0000), x(4), alu('rsh', 'X')], 0x0800_0000],
    ['nothing after a right shift by 32', [a(0xffff_ffff), x(32), alu('rsh', 'X')], 0],
    ['a negation', [a(1), negate], 0xffff_ffff],
    ['the negation of 0', [a(0), negate], 0],
    ['the negation of the smallest', [a(0x8000_0000), negate], 0x8000_0000],

    ['the protocol', [extension('protocol')], 0x0800],
    ['the packet type', [extension('packetType')], 4],
    ['the interface index', [extension('ifindex')], 3],
    ['the VLAN tag with its priority', [extension('vlanTag')], 0x6064],
    ['that there is a VLAN tag', [extension('vlanTagPresent')], 1],
    ['the protocol of the VLAN tag', [extension('vlanProtocol')], 0x88a8],
  ])('A is %s', (_, program, value) => {
    expect(leavesInA(value, program)).toBe(true);
    expect(leavesInA((value ^ 1) >>> 0, program)).toBe(false);
  });

  it.each(['vlanTag', 'vlanTagPresent', 'vlanProtocol'] as const)('%s is 0 without a tag', (name) => {
    expect(leavesInA(0, [a(1), extension(name)], { ...INFO, vlan: null })).toBe(true);
  });

  describe('does not match a packet', () => {
    it.each<[string, Instruction[]]>([
      ['that ends before a byte', [abs(1, 8)]],
      ['that ends within two bytes', [abs(2, 7)]],
      ['that ends within four bytes', [abs(4, 5)]],
      ['that ends before a far byte', [abs(4, 0xffff_efff)]],
      ['that ends before X', [x(8), ind(1, 0)]],
      ['that ends within two bytes at X', [x(4), ind(2, 3)]],
      ['that ends within four bytes at X', [x(5), ind(4, 0)]],
      // As in libpcap's bpf_filter the sum does not wrap.
      ['whose index is beyond 2^32 with the offset', [x(0xffff_ffff), ind(1, 1)]],
      ['whose index wraps in the offset', [x(1), ind(1, 0xffff_ffff)]],
      ['that ends before a header length', [msh(8)]],
      ['that makes a divisor 0', [a(5), x(0), alu('div', 'X')]],
      ['that makes a modulus 0', [a(5), x(0), alu('mod', 'X')]],
    ])('%s', (_, program) => {
      expect(matches([...program, ret(1)])).toBe(false);
    });

    it('that is empty', () => {
      expect(matches([abs(1, 0), ret(1)], new Uint8Array(0))).toBe(false);
      expect(matches([ret(1)], new Uint8Array(0))).toBe(true);
    });

    it('of which too little was captured', () => {
      expect(matches([abs(1, 60), ret(1)], FRAME, { ...INFO, untaggedLength: 100 })).toBe(false);
    });
  });

  describe('branches', () => {
    const branch = (condition: Instruction, value: number, index = 0): boolean =>
      matches([x(index), a(value), condition, ret(1), ret(0)]);

    it.each([
      ['eq', 5, [5], [4, 6, 0xffff_ffff]],
      ['gt', 0x7fff_ffff, [0x8000_0000, 0xffff_ffff], [0, 0x7fff_ffff]],
      ['ge', 0x8000_0000, [0x8000_0000, 0xffff_ffff], [0, 0x7fff_ffff]],
      ['set', 0x8000_0001, [1, 0x8000_0000, 0xffff_ffff], [0, 2, 0x7fff_fffe]],
    ] as const)('%s', (condition, operand, holding, failing) => {
      for (const value of holding) {
        expect(branch(when(condition, operand, 0, 1), value), `${value}`).toBe(true);
        expect(branch(when(condition, 'X', 0, 1), value, operand), `${value} with X`).toBe(true);
        expect(branch(when(condition, operand, 1, 0), value), `${value} the other way`).toBe(false);
      }
      for (const value of failing) {
        expect(branch(when(condition, operand, 0, 1), value), `${value}`).toBe(false);
        expect(branch(when(condition, 'X', 0, 1), value, operand), `${value} with X`).toBe(false);
        expect(branch(when(condition, operand, 1, 0), value), `${value} the other way`).toBe(true);
      }
    });

    it('to one place whatever holds', () => {
      expect(matches([when('eq', 0, 1, 1), ret(0), ret(1)])).toBe(true);
      expect(matches([when('eq', 0, 0, 0), ret(1)])).toBe(true);
    });

    it('to a place that is no return, both ways', () => {
      const program = [abs(1, 0), when('eq', 0x12, 1, 2), ret(0), abs(1, 1), abs(1, 7), ret('A')];
      expect(matches(program)).toBe(true);
      expect(matches(program, Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0]))).toBe(false);
      expect(matches(program, Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 9]))).toBe(true);
    });

    it('over instructions', () => {
      expect(matches([a(0), { op: 'jump', skip: 1 }, a(1), ret('A')])).toBe(false);
      expect(matches([a(1), { op: 'jump', skip: 1 }, a(0), ret('A')])).toBe(true);
      expect(matches([{ op: 'jump', skip: 0 }, ret(1)])).toBe(true);
    });

    it('backward to the start', () => {
      // X counts to 100, a jump back to the first instruction each time.
      const program = [
        txa,
        alu('add', 1),
        tax,
        when('eq', 100, 0, 1),
        ret(1),
        { op: 'jump', skip: -6 },
      ] as const;
      expect(matches(program)).toBe(true);
    });

    it('backward without end, to no match', () => {
      expect(matches([a(1), { op: 'jump', skip: -1 }, ret(1)])).toBe(false);
      expect(matches([{ op: 'jump', skip: -1 }, ret(1)])).toBe(false);
      expect(matches([a(1), { op: 'jump', skip: -2 }, ret(1)])).toBe(false);
    });
  });

  it('matches where the program returns anything but 0', () => {
    expect(matches([ret(0x4_0000)])).toBe(true);
    expect(matches([ret(0xffff_ffff)])).toBe(true);
    expect(matches([ret(0)])).toBe(false);
    expect(matches([a(0x8000_0000), ret('A')])).toBe(true);
    expect(matches([a(0), ret('A')])).toBe(false);
  });

  it('starts anew for each packet', () => {
    const counts = predicateOf([
      { op: 'loadScratch', register: 'A', index: 0 },
      { op: 'alu', operator: 'add', operand: 'X' },
      x(1),
      { op: 'storeScratch', register: 'X', index: 0 },
      ret('A'),
    ]);
    expect([counts(FRAME, INFO), counts(FRAME, INFO)]).toEqual([false, false]);
  });

  it('runs ICMP as libpcap compiles it', () => {
    const program = decodeProgram([
      { code: 0x28, jt: 0, jf: 0, k: 12 },
      { code: 0x15, jt: 0, jf: 3, k: 0x800 },
      { code: 0x30, jt: 0, jf: 0, k: 23 },
      { code: 0x15, jt: 0, jf: 1, k: 1 },
      { code: 0x06, jt: 0, jf: 0, k: 262144 },
      { code: 0x06, jt: 0, jf: 0, k: 0 },
    ]);
    const frame = new Uint8Array(34);
    frame[12] = 8;
    expect(matches(program, frame)).toBe(false);
    frame[23] = 1;
    expect(matches(program, frame)).toBe(true);
    expect(matches(program, frame.subarray(0, 23))).toBe(false);
  });
});
