/** The way back from what `decodeProgram` makes, for tests that start from instructions. */
import type { ClassicProgram, Instruction, RawInstruction } from '@ifcast/filter';

import type { Extension, Operand } from '../../packages/filter/src/bpf/instruction.ts';
import {
  ALU_CODE,
  CLASS,
  EXTENSION_BASE,
  EXTENSION_OFFSET,
  JUMP_ALWAYS,
  JUMP_CODE,
  MODE,
  NEGATE,
  RETURN_A,
  SIZE,
  SOURCE_X,
  TAX,
  TXA,
} from '../../packages/filter/src/bpf/opcode.ts';

/** The size that libpcap gives the load of an extension; the kernel loads the same with any. */
export const EXTENSION_SIZE: Readonly<Record<Extension, 1 | 2 | 4>> = {
  protocol: 2,
  packetType: 2,
  ifindex: 4,
  vlanTag: 1,
  vlanTagPresent: 1,
  vlanProtocol: 2,
};

/** The program as `struct sock_filter` of linux/filter.h has it. */
export function encodeProgram(program: ClassicProgram): RawInstruction[] {
  return program.map(encode);
}

function encode(instruction: Instruction): RawInstruction {
  switch (instruction.op) {
    case 'loadAbsolute':
      return raw(CLASS.ld | MODE.abs | SIZE[instruction.size], instruction.offset);
    case 'loadIndirect':
      return raw(CLASS.ld | MODE.ind | SIZE[instruction.size], instruction.offset);
    case 'loadExtension': {
      const { extension } = instruction;
      const size = SIZE[EXTENSION_SIZE[extension]];
      return raw(CLASS.ld | MODE.abs | size, EXTENSION_BASE + EXTENSION_OFFSET[extension]);
    }
    case 'loadConstant':
      return raw(load(instruction) | MODE.imm, instruction.value);
    case 'loadLength':
      return raw(load(instruction) | MODE.len, 0);
    case 'loadScratch':
      return raw(load(instruction) | MODE.mem, instruction.index);
    case 'loadHeaderLength':
      return raw(CLASS.ldx | MODE.msh | SIZE[1], instruction.offset);
    case 'storeScratch':
      return raw(instruction.register === 'A' ? CLASS.st : CLASS.stx, instruction.index);
    case 'alu': {
      const { operator, operand } = instruction;
      return raw(CLASS.alu | ALU_CODE[operator] | source(operand), constant(operand));
    }
    case 'negate':
      return raw(CLASS.alu | NEGATE, 0);
    case 'jump':
      return raw(CLASS.jmp | JUMP_ALWAYS, instruction.skip >>> 0);
    case 'jumpIf': {
      const { condition, operand, skipTrue, skipFalse } = instruction;
      const code = CLASS.jmp | JUMP_CODE[condition] | source(operand);
      return { code, jt: skipTrue, jf: skipFalse, k: constant(operand) };
    }
    case 'return': {
      const { value } = instruction;
      return value === 'A' ? raw(CLASS.ret | RETURN_A, 0) : raw(CLASS.ret, value);
    }
    case 'transfer':
      return raw(CLASS.misc | (instruction.to === 'X' ? TAX : TXA), 0);
  }
}

function raw(code: number, k: number): RawInstruction {
  return { code, jt: 0, jf: 0, k };
}

function load({ register }: { readonly register: 'A' | 'X' }): number {
  return register === 'A' ? CLASS.ld : CLASS.ldx;
}

function source(operand: Operand): number {
  return operand === 'X' ? SOURCE_X : 0;
}

function constant(operand: Operand): number {
  return operand === 'X' ? 0 : operand;
}
