import type { EbpfInstruction, Operand, Register } from './instruction.ts';
import {
  ALU_CODE,
  CLASS,
  CODE_CALL,
  CODE_END,
  CODE_EXIT,
  CODE_JA,
  JUMP_CODE,
  LD_IMM64,
  MODE_MEM,
  PSEUDO_MAP_FD,
  PSEUDO_MAP_VALUE,
  SIZE_CODE,
  SLOT_BYTES,
  SOURCE_REGISTER,
} from './opcode.ts';

/**
 * The bytes of a program as bpf(2) takes them: labels fixed up, maps by their descriptors.
 *
 * @param maps - the descriptor of every map that the program names
 * @throws RangeError for a label that is missing or there twice, a map that is missing, a jump of more than 32,767 slots,
 *   or a constant that does not fit: faults of the code that made the program
 */
export function assemble(
  program: readonly EbpfInstruction[],
  maps: Readonly<Record<string, number>> = {},
): Uint8Array<ArrayBuffer> {
  const slots = layOut(program);
  const bytes = new Uint8Array(slots.count * SLOT_BYTES);
  const view = new DataView(bytes.buffer);
  let slot = 0;
  const put = (opcode: number, dst: number, src: number, offset: number, immediate: number): void => {
    if (offset < -0x8000 || offset > 0x7fff) throw new RangeError(`offset ${offset} does not fit 16 bits`);
    if (immediate < -0x8000_0000 || immediate > 0xffff_ffff || !Number.isInteger(immediate)) {
      throw new RangeError(`immediate ${immediate} does not fit 32 bits`);
    }
    const at = slot * SLOT_BYTES;
    view.setUint8(at, opcode);
    view.setUint8(at + 1, (src << 4) | dst);
    view.setInt16(at + 2, offset, true);
    view.setInt32(at + 4, immediate | 0, true);
    slot++;
  };
  const distance = (target: string): number => {
    const to = slots.labels.get(target);
    if (to === undefined) throw new RangeError(`no label ${target}`);
    return to - slot - 1;
  };
  const descriptor = (map: string): number => {
    const fd = maps[map];
    if (fd === undefined) throw new RangeError(`no descriptor of map ${map}`);
    return fd;
  };

  for (const instruction of program) {
    switch (instruction.op) {
      case 'label':
        break;
      case 'alu': {
        const { bits, operator, dst, operand } = instruction;
        if (bits === 64) assertFitsSigned(operand);
        const cls = bits === 64 ? CLASS.alu64 : CLASS.alu32;
        put(ALU_CODE[operator] | source(operand) | cls, number(dst), ...split(operand));
        break;
      }
      case 'byteSwap':
        put(CODE_END | SOURCE_REGISTER | CLASS.alu32, number(instruction.dst), 0, 0, instruction.bits);
        break;
      case 'load': {
        const { size, dst, src, offset } = instruction;
        put(MODE_MEM | SIZE_CODE[size] | CLASS.ldx, number(dst), number(src), offset, 0);
        break;
      }
      case 'store': {
        const { size, dst, offset, value } = instruction;
        if (size === 8) assertFitsSigned(value);
        const [src, , immediate] = split(value);
        const cls = typeof value === 'number' ? CLASS.st : CLASS.stx;
        put(MODE_MEM | SIZE_CODE[size] | cls, number(dst), src, offset, immediate);
        break;
      }
      case 'loadMap':
        put(LD_IMM64, number(instruction.dst), PSEUDO_MAP_FD, 0, descriptor(instruction.map));
        put(0, 0, 0, 0, 0);
        break;
      case 'loadMapValue':
        put(LD_IMM64, number(instruction.dst), PSEUDO_MAP_VALUE, 0, descriptor(instruction.map));
        put(0, 0, 0, 0, 0);
        break;
      case 'jump':
        put(CODE_JA | CLASS.jmp64, 0, 0, distance(instruction.target), 0);
        break;
      case 'jumpIf': {
        const { bits, condition, dst, operand, target } = instruction;
        if (bits === 64) assertFitsSigned(operand);
        const cls = bits === 64 ? CLASS.jmp64 : CLASS.jmp32;
        const [src, , immediate] = split(operand);
        put(JUMP_CODE[condition] | source(operand) | cls, number(dst), src, distance(target), immediate);
        break;
      }
      case 'call':
        put(CODE_CALL | CLASS.jmp64, 0, 0, 0, instruction.helper);
        break;
      case 'exit':
        put(CODE_EXIT | CLASS.jmp64, 0, 0, 0, 0);
        break;
    }
  }
  return bytes;
}

/** Instructions of two slots. */
const WIDE: ReadonlySet<string> = new Set(['loadMap', 'loadMapValue']);

/** The slot of every label, and how many slots there are. */
function layOut(program: readonly EbpfInstruction[]): { labels: Map<string, number>; count: number } {
  const labels = new Map<string, number>();
  let count = 0;
  for (const instruction of program) {
    if (instruction.op === 'label') {
      if (labels.has(instruction.name)) throw new RangeError(`label ${instruction.name} is there twice`);
      labels.set(instruction.name, count);
    } else {
      count += WIDE.has(instruction.op) ? 2 : 1;
    }
  }
  return { labels, count };
}

/** A constant of 2^31 and more would become negative in a 64-bit operation. */
function assertFitsSigned(operand: Operand): void {
  if (typeof operand === 'number' && operand > 0x7fff_ffff) {
    throw new RangeError(`immediate ${operand} of a 64-bit operation does not fit 31 bits`);
  }
}

function source(operand: Operand): number {
  return typeof operand === 'number' ? 0 : SOURCE_REGISTER;
}

/** `src`, offset 0 and immediate. */
function split(operand: Operand): [src: number, offset: 0, immediate: number] {
  return typeof operand === 'number' ? [0, 0, operand] : [number(operand), 0, 0];
}

function number(register: Register): number {
  return Number(register.slice(1));
}
