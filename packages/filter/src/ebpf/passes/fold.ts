import type { Alu, AluOperator, JumpIf } from '../../bpf/instruction.ts';
import { SCRATCH_WORDS } from '../../bpf/opcode.ts';
import type { BlockEnd, BodyInstruction } from './blocks.ts';

/** A constant, or nothing known. */
type Value = number | undefined;

/** What A, X and M[0…15] are known to hold at one place of a program. */
export interface State {
  readonly A: Value;
  readonly X: Value;
  readonly scratch: readonly Value[];
}

export const UNKNOWN: State = {
  A: undefined,
  X: undefined,
  scratch: new Array<Value>(SCRATCH_WORDS).fill(undefined),
};

/** A program begins with zeros. */
export const START: State = { A: 0, X: 0, scratch: new Array<Value>(SCRATCH_WORDS).fill(0) };

/** An instruction with constants filled in, and what is known after it. */
export interface Folded {
  readonly instruction: BodyInstruction;
  readonly after: State;
}

/** @param headerLength - what X is assumed to be after `4*([k]&0xf)` */
export function foldInstruction(instruction: BodyInstruction, state: State, headerLength: number): Folded {
  switch (instruction.op) {
    case 'loadAbsolute':
    case 'loadExtension':
      return { instruction, after: { ...state, A: undefined } };
    case 'loadIndirect': {
      const { size, offset } = instruction;
      const after = { ...state, A: undefined };
      if (state.X === undefined) return { instruction, after };
      return { instruction: { op: 'loadAbsolute', size, offset: state.X + offset }, after };
    }
    case 'loadHeaderLength':
      return {
        instruction: { op: 'assumeHeaderLength', offset: instruction.offset, length: headerLength },
        after: { ...state, X: headerLength },
      };
    case 'assumeHeaderLength':
      return { instruction, after: { ...state, X: instruction.length } };
    case 'loadLength':
      return { instruction, after: { ...state, [instruction.register]: undefined } };
    case 'loadConstant':
      return { instruction, after: { ...state, [instruction.register]: instruction.value } };
    case 'loadScratch':
      return set(instruction, instruction.register, state.scratch[instruction.index], state);
    case 'storeScratch':
      return {
        instruction,
        after: { ...state, scratch: state.scratch.with(instruction.index, state[instruction.register]) },
      };
    case 'transfer':
      return set(instruction, instruction.to, instruction.to === 'X' ? state.A : state.X, state);
    case 'negate':
      return set(instruction, 'A', state.A === undefined ? undefined : -state.A >>> 0, state);
    case 'alu':
      return foldAlu(instruction, state);
  }
}

/** How a block ends when this much is known. */
export function foldEnd(end: BlockEnd, { A, X }: State): BlockEnd {
  if (end.op === 'matchIfA' && A !== undefined) return { op: A === 0 ? 'reject' : 'match' };
  if (end.op !== 'branch') return end;
  if (end.whenTrue === end.whenFalse) return { op: 'goto', target: end.whenTrue };
  const operand = end.operand === 'X' ? X : end.operand;
  if (operand === undefined) return end;
  if (A === undefined) return { ...end, operand };
  return { op: 'goto', target: compare(A, end.condition, operand) ? end.whenTrue : end.whenFalse };
}

/** An instruction that gives a register a value: the constant where it is known. */
function set(instruction: BodyInstruction, register: 'A' | 'X', value: Value, state: State): Folded {
  return {
    instruction: value === undefined ? instruction : { op: 'loadConstant', register, value },
    after: { ...state, [register]: value },
  };
}

function foldAlu(instruction: Alu, state: State): Folded {
  const { operator } = instruction;
  const operand = instruction.operand === 'X' ? state.X : instruction.operand;
  // A division by 0 ends the program: it stays.
  if (operand === undefined || (operand === 0 && (operator === 'div' || operator === 'mod'))) {
    return { instruction, after: { ...state, A: undefined } };
  }
  const value = state.A === undefined ? undefined : compute(operator, state.A, operand);
  return set({ ...instruction, operand }, 'A', value, state);
}

function compare(value: number, condition: JumpIf['condition'], operand: number): boolean {
  switch (condition) {
    case 'eq':
      return value === operand;
    case 'gt':
      return value > operand;
    case 'ge':
      return value >= operand;
    case 'set':
      return (value & operand) !== 0;
  }
}

function compute(operator: AluOperator, a: number, b: number): number {
  switch (operator) {
    case 'add':
      return (a + b) >>> 0;
    case 'sub':
      return (a - b) >>> 0;
    case 'mul':
      return Math.imul(a, b) >>> 0;
    case 'div':
      return Math.trunc(a / b);
    case 'mod':
      return a % b;
    case 'and':
      return (a & b) >>> 0;
    case 'or':
      return (a | b) >>> 0;
    case 'xor':
      return (a ^ b) >>> 0;
    case 'lsh':
      return b < 32 ? (a << b) >>> 0 : 0;
    case 'rsh':
      return b < 32 ? a >>> b : 0;
  }
}
