import type { EbpfInstruction, JumpCondition, JumpIf } from '../isa/instruction.ts';

const INVERSE: Readonly<Partial<Record<JumpCondition, JumpCondition>>> = {
  eq: 'ne',
  ne: 'eq',
  gt: 'le',
  le: 'gt',
  ge: 'lt',
  lt: 'ge',
};

/**
 * The program without jumps to the next instruction, and without what nothing reaches: the verifier refuses a program
 * with unreachable instructions.
 */
export function peephole(program: readonly EbpfInstruction[]): EbpfInstruction[] {
  return withoutJumpsToNext(withoutUnreachable(program));
}

function withoutJumpsToNext(program: readonly EbpfInstruction[]): EbpfInstruction[] {
  const shorter: EbpfInstruction[] = [];
  for (let at = 0; at < program.length; at++) {
    const instruction = program[at]!;
    const next = program[at + 1];
    if (instruction.op === 'jump' && reaches(program, at + 1, instruction.target)) continue;
    if (instruction.op === 'jumpIf' && next?.op === 'jump' && reaches(program, at + 2, instruction.target)) {
      const inverse = inverted(instruction, next.target);
      if (inverse !== null) {
        shorter.push(inverse);
        at++;
        continue;
      }
    }
    shorter.push(instruction);
  }
  return shorter;
}

/** Whether only labels lie between a place and a label. */
function reaches(program: readonly EbpfInstruction[], from: number, target: string): boolean {
  for (let at = from; at < program.length; at++) {
    const instruction = program[at]!;
    if (instruction.op !== 'label') return false;
    if (instruction.name === target) return true;
  }
  return false;
}

function inverted(instruction: JumpIf, target: string): JumpIf | null {
  const condition = INVERSE[instruction.condition];
  return condition === undefined ? null : { ...instruction, condition, target };
}

function withoutUnreachable(program: readonly EbpfInstruction[]): EbpfInstruction[] {
  const placeOf = new Map<string, number>();
  program.forEach((instruction, at) => {
    if (instruction.op === 'label') placeOf.set(instruction.name, at);
  });
  const reached = new Uint8Array(program.length);
  const pending = [0];
  for (let start = pending.pop(); start !== undefined; start = pending.pop()) {
    // On until the way ends or another has been here.
    for (let at = start; at < program.length && reached[at] === 0; at++) {
      reached[at] = 1;
      const instruction = program[at]!;
      if (instruction.op === 'jump' || instruction.op === 'jumpIf') {
        const target = placeOf.get(instruction.target);
        if (target !== undefined) pending.push(target);
      }
      if (instruction.op === 'jump' || instruction.op === 'exit') break;
    }
  }
  return program.filter((_, at) => reached[at] === 1);
}
