import type {
  AluOperator,
  EbpfInstruction,
  JumpCondition,
  Operand,
  Register,
  Size,
} from '../../packages/filter/src/ebpf/isa/instruction.ts';
import {
  ALU_CODE,
  CLASS,
  CLASS_MASK,
  CODE_CALL,
  CODE_END,
  CODE_EXIT,
  CODE_JA,
  CODE_MASK,
  JUMP_CODE,
  LD_IMM64,
  MODE_MASK,
  MODE_MEM,
  PSEUDO_MAP_FD,
  PSEUDO_MAP_VALUE,
  SIZE_CODE,
  SIZE_MASK,
  SLOT_BYTES,
  SOURCE_REGISTER,
} from '../../packages/filter/src/ebpf/isa/opcode.ts';

/** One slot, its fields apart. */
interface Slot {
  readonly opcode: number;
  readonly dst: Register;
  readonly src: number;
  readonly offset: number;
  readonly immediate: number;
}

const ALU_OPERATOR = invert(ALU_CODE);
const JUMP_CONDITION = invert(JUMP_CODE);

/**
 * The instructions of assembled bytes, the inverse of `assemble`; the place of slot 12, where something jumps to it, is
 * label `L12`, and the map with descriptor 5 is `fd 5`. Constants of
 * 32-bit operations come as 0 … 2^32-1.
 *
 * @throws RangeError for an instruction that `assemble` does not make
 */
export function disassemble(bytes: Uint8Array): EbpfInstruction[] {
  const slots = readSlots(bytes);
  const targets = new Set<number>();
  const decoded: { at: number; instruction: EbpfInstruction }[] = [];
  for (let at = 0; at < slots.length; at++) {
    const slot = slots[at]!;
    const target = at + 1 + slot.offset;
    const instruction = decode(slot, slots[at + 1], `L${target}`);
    if (instruction.op === 'jump' || instruction.op === 'jumpIf') targets.add(target);
    decoded.push({ at, instruction });
    if (slot.opcode === LD_IMM64) at++;
  }
  return decoded.flatMap(({ at, instruction }) =>
    targets.has(at) ? [{ op: 'label', name: `L${at}` }, instruction] : [instruction],
  );
}

function readSlots(bytes: Uint8Array): Slot[] {
  if (bytes.byteLength % SLOT_BYTES !== 0)
    throw new RangeError(`${bytes.byteLength} bytes are no whole slots`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / SLOT_BYTES }, (_, index) => {
    const at = index * SLOT_BYTES;
    const registers = view.getUint8(at + 1);
    return {
      opcode: view.getUint8(at),
      dst: register(registers & 0x0f),
      src: registers >> 4,
      offset: view.getInt16(at + 2, true),
      immediate: view.getInt32(at + 4, true),
    };
  });
}

function decode(slot: Slot, next: Slot | undefined, target: string): EbpfInstruction {
  const { opcode, dst, src, offset, immediate } = slot;
  const code = opcode & CODE_MASK;
  const cls = opcode & CLASS_MASK;
  if (opcode === LD_IMM64) return decodeWide(slot, next);
  switch (cls) {
    case CLASS.alu32:
    case CLASS.alu64: {
      if (code === CODE_END && cls === CLASS.alu32) {
        return { op: 'byteSwap', bits: immediate as 16 | 32 | 64, dst };
      }
      const operator = ALU_OPERATOR.get(code) as AluOperator | undefined;
      if (operator === undefined) break;
      const bits = cls === CLASS.alu64 ? 64 : 32;
      return { op: 'alu', bits, operator, dst, operand: operandOf(slot, bits) };
    }
    case CLASS.ldx: {
      if ((opcode & MODE_MASK) !== MODE_MEM) break;
      return { op: 'load', size: sizeOf(opcode), dst, src: register(src), offset };
    }
    case CLASS.st:
    case CLASS.stx: {
      if ((opcode & MODE_MASK) !== MODE_MEM) break;
      const size = sizeOf(opcode);
      const constant = size === 8 ? immediate : immediate >>> 0;
      return { op: 'store', size, dst, offset, value: cls === CLASS.st ? constant : register(src) };
    }
    case CLASS.jmp32:
    case CLASS.jmp64: {
      if (cls === CLASS.jmp64 && code === CODE_JA) return { op: 'jump', target };
      if (cls === CLASS.jmp64 && code === CODE_CALL) return { op: 'call', helper: immediate };
      if (cls === CLASS.jmp64 && code === CODE_EXIT) return { op: 'exit' };
      const condition = JUMP_CONDITION.get(code) as JumpCondition | undefined;
      if (condition === undefined) break;
      const bits = cls === CLASS.jmp64 ? 64 : 32;
      return { op: 'jumpIf', bits, condition, dst, operand: operandOf(slot, bits), target };
    }
  }
  throw new RangeError(`no instruction has the opcode 0x${opcode.toString(16)}`);
}

function decodeWide({ dst, src, immediate }: Slot, next: Slot | undefined): EbpfInstruction {
  if (next === undefined) throw new RangeError('a 64-bit immediate has no second slot');
  if (src === PSEUDO_MAP_FD) return { op: 'loadMap', dst, map: `fd ${immediate}` };
  if (src === PSEUDO_MAP_VALUE) return { op: 'loadMapValue', dst, map: `fd ${immediate}` };
  throw new RangeError(`a 64-bit immediate is of the unknown kind ${src}`);
}

function operandOf({ opcode, src, immediate }: Slot, bits: 32 | 64): Operand {
  if ((opcode & SOURCE_REGISTER) !== 0) return register(src);
  return bits === 64 ? immediate : immediate >>> 0;
}

function sizeOf(opcode: number): Size {
  return SIZES.get(opcode & SIZE_MASK) as Size;
}

const SIZES = new Map(Object.entries(SIZE_CODE).map(([size, code]) => [code, Number(size)]));

function register(number: number): Register {
  return `r${number}` as Register;
}

function invert(codes: Readonly<Record<string, number>>): Map<number, string> {
  return new Map(Object.entries(codes).map(([name, code]) => [code, name]));
}
