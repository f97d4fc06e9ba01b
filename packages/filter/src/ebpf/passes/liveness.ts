import { type Block, type BlockEnd, type Blocks, type BodyInstruction, successors } from './blocks.ts';

/** A set of places that hold a value: A, X and M[0…15], one bit each. */
export type Places = number;

export const A: Places = 1 << 16;
export const X: Places = 1 << 17;
export const scratch = (index: number): Places => 1 << index;

/** The places whose values each block reads before it writes them, in the block or further on. */
export function liveAtStart(blocks: Blocks): readonly Places[] {
  const live = new Array<Places>(blocks.length).fill(0);
  for (let changed = true; changed; ) {
    changed = false;
    for (let index = blocks.length - 1; index >= 0; index--) {
      const block = blocks[index]!;
      const now = block.body.reduceRight(
        (after, instruction) => before(instruction, after),
        liveAtEnd(block, live),
      );
      changed ||= now !== live[index];
      live[index] = now;
    }
  }
  return live;
}

/**
 * The blocks without the instructions whose results nobody reads. What a load demands of the packet's length goes with
 * it, so the lengths have to be known before.
 */
export function removeDeadCode(blocks: Blocks): Blocks {
  const live = liveAtStart(blocks);
  return blocks.map((block) => {
    let after = liveAtEnd(block, live);
    const body: BodyInstruction[] = [];
    for (const instruction of block.body.toReversed()) {
      const dead = (writes(instruction) & after) === 0 && !canReject(instruction);
      if (dead) continue;
      after = before(instruction, after);
      body.unshift(instruction);
    }
    return { ...block, body };
  });
}

function liveAtEnd({ end }: Block, live: readonly Places[]): Places {
  return successors(end).reduce((all, next) => all | live[next]!, readByEnd(end));
}

function readByEnd(end: BlockEnd): Places {
  if (end.op === 'matchIfA') return A;
  if (end.op === 'branch') return A | (end.operand === 'X' ? X : 0);
  return 0;
}

/** Whether an instruction may end the program, beside the loads at fixed offsets. */
function canReject(instruction: BodyInstruction): boolean {
  switch (instruction.op) {
    case 'loadIndirect':
    case 'assumeHeaderLength':
      return true;
    case 'alu':
      return (
        instruction.operand === 'X' && (instruction.operator === 'div' || instruction.operator === 'mod')
      );
    default:
      return false;
  }
}

/** What is live before an instruction when `after` is live after it. */
function before(instruction: BodyInstruction, after: Places): Places {
  return (after & ~writes(instruction)) | reads(instruction);
}

function writes(instruction: BodyInstruction): Places {
  switch (instruction.op) {
    case 'loadAbsolute':
    case 'loadIndirect':
    case 'loadExtension':
    case 'alu':
    case 'negate':
      return A;
    case 'loadConstant':
    case 'loadLength':
    case 'loadScratch':
      return instruction.register === 'A' ? A : X;
    case 'loadHeaderLength':
    case 'assumeHeaderLength':
      return X;
    case 'storeScratch':
      return scratch(instruction.index);
    case 'transfer':
      return instruction.to === 'A' ? A : X;
  }
}

function reads(instruction: BodyInstruction): Places {
  switch (instruction.op) {
    case 'loadAbsolute':
    case 'loadExtension':
    case 'loadConstant':
    case 'loadLength':
    case 'loadHeaderLength':
    case 'assumeHeaderLength':
      return 0;
    case 'loadIndirect':
      return X;
    case 'alu':
      return A | (instruction.operand === 'X' ? X : 0);
    case 'negate':
      return A;
    case 'loadScratch':
      return scratch(instruction.index);
    case 'storeScratch':
      return instruction.register === 'A' ? A : X;
    case 'transfer':
      return instruction.to === 'A' ? X : A;
  }
}
