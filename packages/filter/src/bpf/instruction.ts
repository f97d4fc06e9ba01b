/**
 * Classic BPF, one type per kind of instruction. A is the accumulator, X the index register, M[0…15] the scratch memory,
 * P the packet; all are 32-bit and unsigned.
 *
 * Sources: McCanne and Jacobson, "The BSD Packet Filter" (1993); linux/filter.h; bpf(4) of FreeBSD.
 */
export type Instruction =
  | LoadAbsolute
  | LoadIndirect
  | LoadExtension
  | LoadConstant
  | LoadLength
  | LoadScratch
  | LoadHeaderLength
  | StoreScratch
  | Alu
  | Negate
  | Jump
  | JumpIf
  | Return
  | Transfer;

/** A program: validated, with every jump inside it and `return` at every end. Made by `decodeProgram`. */
export type ClassicProgram = readonly Instruction[];

/** `struct sock_filter` of linux/filter.h, as libpcap gives it. */
export interface RawInstruction {
  readonly code: number;
  /** Instructions to skip when the condition holds, 0–255. */
  readonly jt: number;
  /** Instructions to skip when it does not, 0–255. */
  readonly jf: number;
  /** 0 … 2^32-1. */
  readonly k: number;
}

export type Register = 'A' | 'X';

/** A constant 0 … 2^32-1, or the register X. */
export type Operand = number | 'X';

/** `A = P[offset : offset + size]`, big-endian; outside the packet the program returns 0. */
export interface LoadAbsolute {
  readonly op: 'loadAbsolute';
  readonly size: 1 | 2 | 4;
  readonly offset: number;
}

/** `A = P[X + offset : X + offset + size]`, the sum not wrapped; outside the packet the program returns 0. */
export interface LoadIndirect {
  readonly op: 'loadIndirect';
  readonly size: 1 | 2 | 4;
  readonly offset: number;
}

/** What the kernel knows beside the bytes: the SKF_AD_* of linux/filter.h that libpcap emits. */
export type Extension = 'protocol' | 'packetType' | 'ifindex' | 'vlanTag' | 'vlanTagPresent' | 'vlanProtocol';

/** `A = extension`. */
export interface LoadExtension {
  readonly op: 'loadExtension';
  readonly extension: Extension;
}

/** `A|X = value`. */
export interface LoadConstant {
  readonly op: 'loadConstant';
  readonly register: Register;
  readonly value: number;
}

/** `A|X = length of the packet on the wire`. */
export interface LoadLength {
  readonly op: 'loadLength';
  readonly register: Register;
}

/** `A|X = M[index]`. */
export interface LoadScratch {
  readonly op: 'loadScratch';
  readonly register: Register;
  readonly index: number;
}

/** `X = 4 * (P[offset] & 0xf)`; A is kept. */
export interface LoadHeaderLength {
  readonly op: 'loadHeaderLength';
  readonly offset: number;
}

/** `M[index] = A|X`. */
export interface StoreScratch {
  readonly op: 'storeScratch';
  readonly register: Register;
  readonly index: number;
}

export type AluOperator = 'add' | 'sub' | 'mul' | 'div' | 'mod' | 'and' | 'or' | 'xor' | 'lsh' | 'rsh';

/** `A = A operator operand`; a division by X = 0 makes the program return 0. */
export interface Alu {
  readonly op: 'alu';
  readonly operator: AluOperator;
  readonly operand: Operand;
}

/** `A = -A`. */
export interface Negate {
  readonly op: 'negate';
}

/** `pc += skip`, modulo 2^32: libpcap's `protochain` jumps backward. */
export interface Jump {
  readonly op: 'jump';
  /** Instructions to skip; negative for a backward jump. */
  readonly skip: number;
}

/** `pc += (A condition operand) ? skipTrue : skipFalse`, unsigned; `set` is `A & operand`. */
export interface JumpIf {
  readonly op: 'jumpIf';
  readonly condition: 'eq' | 'gt' | 'ge' | 'set';
  readonly operand: Operand;
  readonly skipTrue: number;
  readonly skipFalse: number;
}

/** The end: the packet matches when the value is not 0. */
export interface Return {
  readonly op: 'return';
  readonly value: number | 'A';
}

/** `X = A` (to X) or `A = X` (to A). */
export interface Transfer {
  readonly op: 'transfer';
  readonly to: Register;
}
