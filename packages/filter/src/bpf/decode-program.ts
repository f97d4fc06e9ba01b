import { FilterError } from './filter-error.ts';
import type {
  AluOperator,
  ClassicProgram,
  Extension,
  Instruction,
  JumpIf,
  Operand,
  RawInstruction,
} from './instruction.ts';
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
  SCRATCH_WORDS,
  SIZE,
  SOURCE_X,
  TAX,
  TXA,
} from './opcode.ts';

/** The kernel's BPF_MAXINSNS is 4096; libpcap makes longer programs for long lists of hosts, which it runs itself. */
const MAX_INSTRUCTIONS = 1 << 20;

/**
 * A validated program: every code known, every jump inside, no way past the end, scratch indexes 0–15, no division by
 * the constant 0, no shift by a constant of 32 or more. What runs it need not check again.
 *
 * @throws {@link FilterError} `program`, naming the instruction
 */
export function decodeProgram(raw: readonly RawInstruction[]): ClassicProgram {
  if (raw.length === 0 || raw.length > MAX_INSTRUCTIONS) {
    throw new FilterError(
      'program',
      `a BPF program has 1 to ${MAX_INSTRUCTIONS} instructions, not ${raw.length}`,
    );
  }
  const program = raw.map(decode);
  program.forEach((instruction, index) => {
    for (const next of successors(instruction, index)) {
      if (next < 0 || next >= program.length) throw invalid(index, 'jumps or runs out of the program');
    }
  });
  return program;
}

/** The indexes that can follow an instruction. */
export function successors(instruction: Instruction, index: number): number[] {
  switch (instruction.op) {
    case 'return':
      return [];
    case 'jump':
      return [index + 1 + instruction.skip];
    case 'jumpIf':
      return [index + 1 + instruction.skipTrue, index + 1 + instruction.skipFalse];
    default:
      return [index + 1];
  }
}

function decode(raw: RawInstruction, index: number): Instruction {
  const { code, jt, jf, k } = raw;
  // The fields end up in generated code: whatever is not the number it should be goes no further.
  if (code >>> 0 !== code || (jt & 0xff) !== jt || (jf & 0xff) !== jf || k >>> 0 !== k) {
    throw invalid(index, 'has a field that is not an unsigned number of its size');
  }
  if (code > 0xff) return unknown(code, index);
  switch (code & 0x07) {
    case CLASS.ld:
      return decodeLoad(code, k, index) ?? unknown(code, index);
    case CLASS.ldx:
      return decodeLoadX(code, k, index) ?? unknown(code, index);
    case CLASS.st:
      if (code === CLASS.st) return { op: 'storeScratch', register: 'A', index: scratch(k, index) };
      break;
    case CLASS.stx:
      if (code === CLASS.stx) return { op: 'storeScratch', register: 'X', index: scratch(k, index) };
      break;
    case CLASS.alu:
      return decodeAlu(code, k, index) ?? unknown(code, index);
    case CLASS.jmp:
      return decodeJump(raw) ?? unknown(code, index);
    case CLASS.ret:
      if (code === (CLASS.ret | RETURN_A)) return { op: 'return', value: 'A' };
      if (code === CLASS.ret) return { op: 'return', value: k };
      break;
    case CLASS.misc:
      if (code === (CLASS.misc | TAX)) return { op: 'transfer', to: 'X' };
      if (code === (CLASS.misc | TXA)) return { op: 'transfer', to: 'A' };
      break;
  }
  return unknown(code, index);
}

function decodeLoad(code: number, k: number, index: number): Instruction | undefined {
  const size = sizeOf(code);
  if (size === undefined) return undefined;
  switch (code & 0xe0) {
    case MODE.abs:
      return decodeExtension(k) ?? { op: 'loadAbsolute', size, offset: k };
    case MODE.ind:
      return { op: 'loadIndirect', size, offset: k };
    case MODE.imm:
      return size === 4 ? { op: 'loadConstant', register: 'A', value: k } : undefined;
    case MODE.len:
      return size === 4 ? { op: 'loadLength', register: 'A' } : undefined;
    case MODE.mem:
      return size === 4 ? { op: 'loadScratch', register: 'A', index: scratch(k, index) } : undefined;
    default:
      return undefined;
  }
}

/** Any other offset there lies in no packet, as for libpcap's bpf_filter. */
function decodeExtension(k: number): Instruction | undefined {
  for (const [extension, offset] of Object.entries(EXTENSION_OFFSET) as [Extension, number][]) {
    if (EXTENSION_BASE + offset === k) return { op: 'loadExtension', extension };
  }
  return undefined;
}

function decodeLoadX(code: number, k: number, index: number): Instruction | undefined {
  switch (code) {
    case CLASS.ldx | MODE.imm:
      return { op: 'loadConstant', register: 'X', value: k };
    case CLASS.ldx | MODE.len:
      return { op: 'loadLength', register: 'X' };
    case CLASS.ldx | MODE.mem:
      return { op: 'loadScratch', register: 'X', index: scratch(k, index) };
    case CLASS.ldx | SIZE[1] | MODE.msh:
      return { op: 'loadHeaderLength', offset: k };
    default:
      return undefined;
  }
}

function decodeAlu(code: number, k: number, index: number): Instruction | undefined {
  if (code === (CLASS.alu | NEGATE)) return { op: 'negate' };
  const operators = Object.entries(ALU_CODE) as [AluOperator, number][];
  const operator = operators.find(([, known]) => known === (code & 0xf0))?.[0];
  if (operator === undefined) return undefined;
  const operand = operandOf(code, k);
  if (operand === 0 && (operator === 'div' || operator === 'mod')) throw invalid(index, 'divides by 0');
  if (operand !== 'X' && operand > 31 && (operator === 'lsh' || operator === 'rsh')) {
    throw invalid(index, `shifts by ${operand} bits`);
  }
  return { op: 'alu', operator, operand };
}

function decodeJump({ code, jt, jf, k }: RawInstruction): Instruction | undefined {
  // libpcap's protochain jumps backward with a negative k.
  if (code === (CLASS.jmp | JUMP_ALWAYS)) return { op: 'jump', skip: k | 0 };
  const conditions = Object.entries(JUMP_CODE) as [JumpIf['condition'], number][];
  const condition = conditions.find(([, known]) => known === (code & 0xf0))?.[0];
  if (condition === undefined) return undefined;
  return { op: 'jumpIf', condition, operand: operandOf(code, k), skipTrue: jt, skipFalse: jf };
}

function operandOf(code: number, k: number): Operand {
  return (code & SOURCE_X) === 0 ? k : 'X';
}

function sizeOf(code: number): 1 | 2 | 4 | undefined {
  switch (code & 0x18) {
    case SIZE[4]:
      return 4;
    case SIZE[2]:
      return 2;
    case SIZE[1]:
      return 1;
    default:
      return undefined;
  }
}

function scratch(k: number, index: number): number {
  if (k >= SCRATCH_WORDS) throw invalid(index, `uses scratch word ${k} of ${SCRATCH_WORDS}`);
  return k;
}

function unknown(code: number, index: number): never {
  throw invalid(index, `has the unknown code 0x${code.toString(16)}`);
}

function invalid(index: number, fault: string): FilterError {
  return new FilterError('program', `BPF instruction ${index} ${fault}`);
}
