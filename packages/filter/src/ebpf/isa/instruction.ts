/**
 * eBPF, one type per kind of instruction, and constructors that read as assembly. `assemble` makes bytes of them,
 * `formatProgram` a listing.
 *
 * Source: Documentation/bpf/standardization/instruction-set.rst (RFC 9669).
 */
export type EbpfInstruction =
  | Label
  | Alu
  | ByteSwap
  | Load
  | Store
  | LoadMap
  | LoadMapValue
  | Jump
  | JumpIf
  | Call
  | Exit;

/** r0 is a result, r1–r5 are arguments and lost by a call, r6–r9 survive it, r10 is the read-only frame pointer. */
export type Register = `r${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10}`;

export const R0: Register = 'r0';
export const R1: Register = 'r1';
export const R2: Register = 'r2';
export const R3: Register = 'r3';
export const R4: Register = 'r4';
export const R5: Register = 'r5';
export const R6: Register = 'r6';
export const R7: Register = 'r7';
export const R8: Register = 'r8';
export const R9: Register = 'r9';
/** The frame pointer: the stack lies below it, 512 bytes. */
export const R10: Register = 'r10';

/** A register, or a 32-bit constant; 64-bit operations extend its sign. */
export type Operand = Register | number;

/** Bytes of a memory access. */
export type Size = 1 | 2 | 4 | 8;

/** A place that jumps name; takes no room in the program. */
export interface Label {
  readonly op: 'label';
  readonly name: string;
}

export type AluOperator =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'or'
  | 'and'
  | 'lsh'
  | 'rsh'
  | 'neg'
  | 'mod'
  | 'xor'
  | 'mov'
  | 'arsh';

/** `dst = dst operator operand`; with 32 bits the upper half of `dst` becomes 0. */
export interface Alu {
  readonly op: 'alu';
  readonly bits: 32 | 64;
  readonly operator: AluOperator;
  readonly dst: Register;
  readonly operand: Operand;
}

/** Turns the low bits of `dst` between big-endian and the host's order; the upper bits become 0. */
export interface ByteSwap {
  readonly op: 'byteSwap';
  readonly bits: 16 | 32 | 64;
  readonly dst: Register;
}

/** `dst = *(u8|u16|u32|u64 *)(src + offset)`. */
export interface Load {
  readonly op: 'load';
  readonly size: Size;
  readonly dst: Register;
  readonly src: Register;
  readonly offset: number;
}

/** `*(u8|u16|u32|u64 *)(dst + offset) = value`. */
export interface Store {
  readonly op: 'store';
  readonly size: Size;
  readonly dst: Register;
  readonly offset: number;
  readonly value: Operand;
}

/** `dst = a map`, by its name; two slots. */
export interface LoadMap {
  readonly op: 'loadMap';
  readonly dst: Register;
  readonly map: string;
}

/** `dst = the address of the first value of an array map`, by its name; two slots. */
export interface LoadMapValue {
  readonly op: 'loadMapValue';
  readonly dst: Register;
  readonly map: string;
}

export interface Jump {
  readonly op: 'jump';
  readonly target: string;
}

/** `set` is `dst & operand`; those with an s compare as signed. */
export type JumpCondition = 'eq' | 'gt' | 'ge' | 'set' | 'ne' | 'sgt' | 'sge' | 'lt' | 'le' | 'slt' | 'sle';

export interface JumpIf {
  readonly op: 'jumpIf';
  readonly bits: 32 | 64;
  readonly condition: JumpCondition;
  readonly dst: Register;
  readonly operand: Operand;
  readonly target: string;
}

/** `r0 = helper(r1, r2, r3, r4, r5)`; r1–r5 hold nothing afterwards. */
export interface Call {
  readonly op: 'call';
  /** A number of {@link HELPER}. */
  readonly helper: number;
}

export interface Exit {
  readonly op: 'exit';
}

/** Numbers of `enum bpf_func_id` in linux/bpf.h, see bpf-helpers(7). */
export const HELPER = {
  mapLookupElem: 1,
  skbLoadBytes: 26,
  xdpGetBuffLen: 188,
  xdpLoadBytes: 189,
} as const;

export const label = (name: string): Label => ({ op: 'label', name });

/** `dst operator= operand`, 64 bits: `alu('add', R1, 22)`. */
export const alu = (operator: AluOperator, dst: Register, operand: Operand): Alu => ({
  op: 'alu',
  bits: 64,
  operator,
  dst,
  operand,
});

/** `dst operator= operand`, 32 bits. */
export const alu32 = (operator: AluOperator, dst: Register, operand: Operand): Alu => ({
  op: 'alu',
  bits: 32,
  operator,
  dst,
  operand,
});

export const mov = (dst: Register, operand: Operand): Alu => alu('mov', dst, operand);
export const mov32 = (dst: Register, operand: Operand): Alu => alu32('mov', dst, operand);

export const byteSwap = (bits: 16 | 32 | 64, dst: Register): ByteSwap => ({ op: 'byteSwap', bits, dst });

export const load = (size: Size, dst: Register, src: Register, offset: number): Load => ({
  op: 'load',
  size,
  dst,
  src,
  offset,
});

export const store = (size: Size, dst: Register, offset: number, value: Operand): Store => ({
  op: 'store',
  size,
  dst,
  offset,
  value,
});

export const loadMap = (dst: Register, map: string): LoadMap => ({ op: 'loadMap', dst, map });

export const loadMapValue = (dst: Register, map: string): LoadMapValue => ({ op: 'loadMapValue', dst, map });

export const jump = (target: string): Jump => ({ op: 'jump', target });

/** `if (dst condition operand) goto target`, 64 bits: `jumpIf(R1, 'gt', 4, 'label')`. */
export const jumpIf = (
  dst: Register,
  condition: JumpCondition,
  operand: Operand,
  target: string,
): JumpIf => ({
  op: 'jumpIf',
  bits: 64,
  condition,
  dst,
  operand,
  target,
});

/** The same on the low 32 bits. */
export const jumpIf32 = (
  dst: Register,
  condition: JumpCondition,
  operand: Operand,
  target: string,
): JumpIf => ({ ...jumpIf(dst, condition, operand, target), bits: 32 });

export const call = (helper: number): Call => ({ op: 'call', helper });

export const exit = (): Exit => ({ op: 'exit' });
