import type { AluOperator, Extension, JumpIf } from './instruction.ts';

/*
 * The code of an instruction (linux/bpf_common.h):
 *
 *    7 6 5   4 3   2 1 0        load, store          7 6 5 4    3    2 1 0     alu, jump
 *   +------+-----+-------+                          +---------+-----+-------+
 *   | mode | size| class |                          |operation|K / X| class |
 *   +------+-----+-------+                          +---------+-----+-------+
 */
export const CLASS = {
  ld: 0x00,
  ldx: 0x01,
  st: 0x02,
  stx: 0x03,
  alu: 0x04,
  jmp: 0x05,
  ret: 0x06,
  misc: 0x07,
} as const;
export const SIZE = { 4: 0x00, 2: 0x08, 1: 0x10 } as const;
export const MODE = { imm: 0x00, abs: 0x20, ind: 0x40, mem: 0x60, len: 0x80, msh: 0xa0 } as const;
/** The operand is X, not k. */
export const SOURCE_X = 0x08;
/** `ret`: the value is A, not k. */
export const RETURN_A = 0x10;
export const JUMP_ALWAYS = 0x00;
export const NEGATE = 0x80;
export const TAX = 0x00;
export const TXA = 0x80;

export const ALU_CODE: Readonly<Record<AluOperator, number>> = {
  add: 0x00,
  sub: 0x10,
  mul: 0x20,
  div: 0x30,
  or: 0x40,
  and: 0x50,
  lsh: 0x60,
  rsh: 0x70,
  mod: 0x90,
  xor: 0xa0,
};

export const JUMP_CODE: Readonly<Record<JumpIf['condition'], number>> = {
  eq: 0x10,
  gt: 0x20,
  ge: 0x30,
  set: 0x40,
};

/** SKF_AD_OFF of linux/filter.h: an absolute load from here on is of what the kernel knows beside the bytes. */
export const EXTENSION_BASE = 0xffff_f000;

/** SKF_AD_* of linux/filter.h. */
export const EXTENSION_OFFSET: Readonly<Record<Extension, number>> = {
  protocol: 0,
  packetType: 4,
  ifindex: 8,
  vlanTag: 44,
  vlanTagPresent: 48,
  vlanProtocol: 60,
};

/** BPF_MEMWORDS: the words of scratch memory. */
export const SCRATCH_WORDS = 16;
