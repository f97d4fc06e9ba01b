import type { AluOperator, EbpfInstruction, JumpCondition, Operand, Register } from './instruction.ts';
import { HELPER } from './instruction.ts';

const SIGN: Readonly<Record<Exclude<AluOperator, 'neg'>, string>> = {
  add: '+=',
  sub: '-=',
  mul: '*=',
  div: '/=',
  or: '|=',
  and: '&=',
  lsh: '<<=',
  rsh: '>>=',
  mod: '%=',
  xor: '^=',
  mov: '=',
  arsh: 's>>=',
};

const COMPARISON: Readonly<Record<JumpCondition, string>> = {
  eq: '==',
  ne: '!=',
  set: '&',
  gt: '>',
  ge: '>=',
  lt: '<',
  le: '<=',
  sgt: 's>',
  sge: 's>=',
  slt: 's<',
  sle: 's<=',
};

const HELPER_NAME = new Map<number, string>(Object.entries(HELPER).map(([name, id]) => [id, name]));

/** A listing of a program for people, in the notation of the kernel's verifier log: `w0` is the low half of `r0`. */
export function formatProgram(program: readonly EbpfInstruction[]): string {
  return program
    .map((instruction) =>
      instruction.op === 'label' ? `${instruction.name}:` : `    ${formatInstruction(instruction)}`,
    )
    .join('\n');
}

function formatInstruction(instruction: Exclude<EbpfInstruction, { op: 'label' }>): string {
  switch (instruction.op) {
    case 'alu': {
      const { bits, operator, dst, operand } = instruction;
      if (operator === 'neg') return `${name(dst, bits)} = -${name(dst, bits)}`;
      return `${name(dst, bits)} ${SIGN[operator]} ${name(operand, bits)}`;
    }
    case 'byteSwap':
      return `${instruction.dst} = be${instruction.bits} ${instruction.dst}`;
    case 'load':
      return `${instruction.dst} = ${place(instruction.size, instruction.src, instruction.offset)}`;
    case 'store':
      return `${place(instruction.size, instruction.dst, instruction.offset)} = ${name(instruction.value, 64)}`;
    case 'loadMap':
      return `${instruction.dst} = map ${instruction.map}`;
    case 'loadMapValue':
      return `${instruction.dst} = value of map ${instruction.map}`;
    case 'jump':
      return `goto ${instruction.target}`;
    case 'jumpIf': {
      const { bits, condition, dst, operand, target } = instruction;
      return `if ${name(dst, bits)} ${COMPARISON[condition]} ${name(operand, bits)} goto ${target}`;
    }
    case 'call':
      return `call ${HELPER_NAME.get(instruction.helper) ?? 'helper'}#${instruction.helper}`;
    case 'exit':
      return 'exit';
  }
}

function place(size: number, base: Register, offset: number): string {
  return `*(u${size * 8} *)(${base} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)})`;
}

function name(operand: Operand, bits: 32 | 64): string {
  if (typeof operand === 'number') return operand > 9 ? `0x${operand.toString(16)}` : String(operand);
  return bits === 32 ? operand.replace('r', 'w') : operand;
}
