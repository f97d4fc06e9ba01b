import type { ClassicProgram, Instruction, Jump, JumpIf, Operand, Return } from '../../bpf/instruction.ts';

/** An instruction that is followed by the next one. */
export type BodyInstruction = Exclude<Instruction, Jump | JumpIf | Return> | AssumeHeaderLength;

/** `X = length`, where `4 * (P[offset] & 0xf)` is that; elsewhere the program cannot go on in this form. */
export interface AssumeHeaderLength {
  readonly op: 'assumeHeaderLength';
  readonly offset: number;
  readonly length: number;
}

/** How a block is left; targets are indexes of blocks. */
export type BlockEnd =
  | { readonly op: 'goto'; readonly target: number }
  | {
      readonly op: 'branch';
      readonly condition: JumpIf['condition'];
      readonly operand: Operand;
      readonly whenTrue: number;
      readonly whenFalse: number;
    }
  /** The packet matches, does not, or matches when A is not 0. */
  | { readonly op: 'match' }
  | { readonly op: 'reject' }
  | { readonly op: 'matchIfA' };

/** Instructions that are entered at the first and left after the last. */
export interface Block {
  readonly body: readonly BodyInstruction[];
  readonly end: BlockEnd;
}

/** A program as a graph: the first block is its start; a target that is not further on is a loop. */
export type Blocks = readonly Block[];

/** The blocks that an end leads to. */
export function successors(end: BlockEnd): readonly number[] {
  switch (end.op) {
    case 'goto':
      return [end.target];
    case 'branch':
      return [end.whenTrue, end.whenFalse];
    case 'match':
    case 'reject':
    case 'matchIfA':
      return [];
  }
}

/** Whether some way through the program leads back. */
export function hasLoop(blocks: Blocks): boolean {
  return blocks.some(({ end }, index) => successors(end).some((target) => target <= index));
}

/** The same end with other targets. */
export function retarget(end: BlockEnd, to: (target: number) => number): BlockEnd {
  switch (end.op) {
    case 'goto':
      return { op: 'goto', target: to(end.target) };
    case 'branch': {
      const { condition, operand, whenTrue, whenFalse } = end;
      return { op: 'branch', condition, operand, whenTrue: to(whenTrue), whenFalse: to(whenFalse) };
    }
    case 'match':
    case 'reject':
    case 'matchIfA':
      return end;
  }
}

/** Cuts a program into blocks, in its order; what no jump reaches is left out. */
export function basicBlocks(program: ClassicProgram): Blocks {
  const starts = blockStarts(program);
  const indexOf = new Map(starts.map((at, index) => [at, index]));
  return withoutUnreachable(
    starts.map((start, index) => {
      const next = starts[index + 1] ?? program.length;
      const last = program[next - 1]!;
      const isEnd = last.op === 'jump' || last.op === 'jumpIf' || last.op === 'return';
      return {
        body: program.slice(start, isEnd ? next - 1 : next) as BodyInstruction[],
        end: retarget(endOf(last, next - 1), (at) => indexOf.get(at)!),
      };
    }),
  );
}

function blockStarts(program: ClassicProgram): number[] {
  const starts = new Set([0]);
  program.forEach((instruction, at) => {
    if (instruction.op === 'jump' || instruction.op === 'jumpIf') {
      for (const target of successors(endOf(instruction, at))) starts.add(target);
    }
    if (endsBlock(instruction) && at + 1 < program.length) starts.add(at + 1);
  });
  return [...starts].sort((a, b) => a - b);
}

/** What an assumed header length lets a program load may be demanded only behind the assumption. */
function endsBlock({ op }: Instruction): boolean {
  return op === 'jump' || op === 'jumpIf' || op === 'return' || op === 'loadHeaderLength';
}

/** How the block that ends with this instruction is left; targets are still places in the program. */
function endOf(last: Instruction, at: number): BlockEnd {
  switch (last.op) {
    case 'jump':
      return { op: 'goto', target: at + 1 + last.skip };
    case 'jumpIf': {
      const { condition, operand, skipTrue, skipFalse } = last;
      return { op: 'branch', condition, operand, whenTrue: at + 1 + skipTrue, whenFalse: at + 1 + skipFalse };
    }
    case 'return':
      if (last.value === 'A') return { op: 'matchIfA' };
      return { op: last.value === 0 ? 'reject' : 'match' };
    default:
      return { op: 'goto', target: at + 1 };
  }
}

/** The blocks that can be reached, in the same order. */
export function withoutUnreachable(blocks: Blocks): Blocks {
  const reached = new Set<number>();
  const pending = [0];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (reached.has(index)) continue;
    reached.add(index);
    pending.push(...successors(blocks[index]!.end));
  }
  const kept = blocks.flatMap((_, index) => (reached.has(index) ? [index] : []));
  const renumbered = new Map(kept.map((old, index) => [old, index]));
  return kept.map((old) => {
    const { body, end } = blocks[old]!;
    return { body, end: retarget(end, (target) => renumbered.get(target)!) };
  });
}
