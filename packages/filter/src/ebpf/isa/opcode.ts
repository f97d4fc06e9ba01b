import type { AluOperator, JumpCondition, Size } from './instruction.ts';

/*
 * An instruction is 64 bits, in the host's byte order (little-endian here):
 *
 *    63                             32 31            16 15   12 11    8 7              0
 *   +--------------------------------+----------------+-------+-------+----------------+
 *   |           immediate            |     offset     |  src  |  dst  |     opcode     |
 *   +--------------------------------+----------------+-------+-------+----------------+
 */

/** Bytes of one instruction slot. */
export const SLOT_BYTES = 8;

/** The low three bits of every opcode. */
export const CLASS = {
  ld: 0x00,
  ldx: 0x01,
  st: 0x02,
  stx: 0x03,
  alu32: 0x04,
  jmp64: 0x05,
  jmp32: 0x06,
  alu64: 0x07,
} as const;
export const CLASS_MASK = 0x07;

/*
 * Arithmetic and jumps:
 *
 *    7       4   3   2     0
 *   +---------+-----+-------+      source: 0 the immediate, 1 the register src
 *   |  code   |  s  | class |
 *   +---------+-----+-------+
 */
export const SOURCE_REGISTER = 0x08;
export const CODE_MASK = 0xf0;

export const ALU_CODE: Readonly<Record<AluOperator, number>> = {
  add: 0x00,
  sub: 0x10,
  mul: 0x20,
  div: 0x30,
  or: 0x40,
  and: 0x50,
  lsh: 0x60,
  rsh: 0x70,
  neg: 0x80,
  mod: 0x90,
  xor: 0xa0,
  mov: 0xb0,
  arsh: 0xc0,
};
/** Byte swap: source bit 1 is "to big-endian", the immediate is the width. */
export const CODE_END = 0xd0;

export const JUMP_CODE: Readonly<Record<JumpCondition, number>> = {
  eq: 0x10,
  gt: 0x20,
  ge: 0x30,
  set: 0x40,
  ne: 0x50,
  sgt: 0x60,
  sge: 0x70,
  lt: 0xa0,
  le: 0xb0,
  slt: 0xc0,
  sle: 0xd0,
};
export const CODE_JA = 0x00;
export const CODE_CALL = 0x80;
export const CODE_EXIT = 0x90;

/*
 * Loads and stores:
 *
 *    7     5 4    3 2     0
 *   +-------+------+-------+      mode: 3 memory, 0 a 64-bit immediate (class ld)
 *   | mode  | size | class |
 *   +-------+------+-------+
 */
export const MODE_MEM = 0x60;
export const MODE_MASK = 0xe0;
export const SIZE_CODE: Readonly<Record<Size, number>> = { 4: 0x00, 2: 0x08, 1: 0x10, 8: 0x18 };
export const SIZE_MASK = 0x18;

/** `ld` with a 64-bit immediate: the upper half is the immediate of a second slot that is otherwise 0. */
export const LD_IMM64 = 0x18;
/** In `src` of {@link LD_IMM64}: the immediate is the file descriptor of a map. */
export const PSEUDO_MAP_FD = 1;
/** In `src` of {@link LD_IMM64}: the same, and the address of its value at an offset that the second slot holds. */
export const PSEUDO_MAP_VALUE = 2;
