import type { Alu } from '../../bpf/instruction.ts';
import { SCRATCH_WORDS } from '../../bpf/opcode.ts';
import {
  alu32,
  type EbpfInstruction,
  jump,
  jumpIf32,
  label,
  mov32,
  R0,
  R1,
  type Register,
} from '../isa/instruction.ts';
import { type BlockEnd, type Blocks, type BodyInstruction, successors } from './blocks.ts';
import * as live from './liveness.ts';

/** The accumulator A of classic BPF, zero-extended. */
export const A: Register = R0;
/** The index register X of classic BPF, zero-extended. */
export const X: Register = R1;

/** Where the code of one filter continues. */
export interface Exits {
  readonly match: string;
  readonly reject: string;
}

/**
 * How code gets at the packet. Code that it makes may use r2 and registers of its own; A and X it keeps, except where it
 * says otherwise.
 */
export interface PacketAccess {
  /** Goes on only if the packet has `length` bytes. */
  check(length: number, exits: Exits): EbpfInstruction[];
  /**
   * Reads the packet or what the kernel knows of it, or keeps M[].
   *
   * @param place - a label's name that nothing else uses; more of them begin with it and a dot
   */
  access(instruction: AccessInstruction, place: string, exits: Exits): EbpfInstruction[];
  /**
   * Counts one jump backward and leaves to `reject` after too many.
   *
   * @param live - those of A and X that are read after the jump
   */
  countLoop(live: readonly Register[], exits: Exits): EbpfInstruction[];
}

/** The instructions whose code depends on where the packet lies. */
export type AccessInstruction = Extract<
  BodyInstruction,
  {
    op:
      | 'loadAbsolute'
      | 'loadIndirect'
      | 'loadHeaderLength'
      | 'assumeHeaderLength'
      | 'loadExtension'
      | 'loadLength'
      | 'loadScratch'
      | 'storeScratch';
  }
>;

/**
 * The code of one filter: it ends at one of the exits.
 *
 * @param checks - what `lengthChecks` gives for the blocks
 * @param prefix - makes the labels unique
 */
export function emitBlocks(
  blocks: Blocks,
  checks: readonly number[],
  access: PacketAccess,
  prefix: string,
  exits: Exits,
): EbpfInstruction[] {
  const liveAt = live.liveAtStart(blocks);
  const code = emitZeros(liveAt[0]!, access, prefix, exits);

  const labelOf = (index: number): string => {
    const landing = threaded(blocks, checks, index);
    const end = blocks[landing]!;
    if (end.body.length === 0 && checks[landing] === 0) {
      if (end.end.op === 'match') return exits.match;
      if (end.end.op === 'reject') return exits.reject;
    }
    return `${prefix}.${landing}`;
  };
  const targets = new Set(blocks.flatMap(({ end }) => successors(end).map(labelOf)));

  blocks.forEach((block, index) => {
    const name = `${prefix}.${index}`;
    if (targets.has(name)) code.push(label(name));
    else if (index > 0) return;
    const check = checks[index]!;
    if (check > 0) code.push(...access.check(check, exits));
    block.body.forEach((instruction, at) => {
      code.push(...emitInstruction(instruction, access, `${name}.${at}`, exits));
    });
    const loops = successors(block.end).filter((target) => target <= index);
    if (loops.length > 0) {
      const places = loops.reduce((all, target) => all | liveAt[target]!, 0);
      code.push(...access.countLoop(registersOf(places), exits));
    }
    code.push(...emitEnd(block.end, labelOf, exits));
  });
  return code;
}

/** A program begins with zeros, which matter only where it reads before it writes. */
function emitZeros(
  places: live.Places,
  access: PacketAccess,
  prefix: string,
  exits: Exits,
): EbpfInstruction[] {
  const words = Array.from({ length: SCRATCH_WORDS }, (_, index) => index).filter(
    (index) => (places & live.scratch(index)) !== 0,
  );
  return [
    ...(words.length > 0 || (places & live.A) !== 0 ? [mov32(A, 0)] : []),
    ...((places & live.X) !== 0 ? [mov32(X, 0)] : []),
    ...words.flatMap((index) =>
      access.access({ op: 'storeScratch', register: 'A', index }, `${prefix}.zero`, exits),
    ),
  ];
}

function registersOf(places: live.Places): Register[] {
  return [...((places & live.A) === 0 ? [] : [A]), ...((places & live.X) === 0 ? [] : [X])];
}

/** The block that is reached in the end through blocks that do nothing. */
function threaded(blocks: Blocks, checks: readonly number[], index: number): number {
  for (;;) {
    const { body, end } = blocks[index]!;
    if (body.length > 0 || checks[index] !== 0 || end.op !== 'goto' || end.target <= index) return index;
    index = end.target;
  }
}

function emitEnd(end: BlockEnd, labelOf: (index: number) => string, exits: Exits): EbpfInstruction[] {
  switch (end.op) {
    case 'goto':
      return [jump(labelOf(end.target))];
    case 'match':
      return [jump(exits.match)];
    case 'reject':
      return [jump(exits.reject)];
    case 'matchIfA':
      return [jumpIf32(A, 'ne', 0, exits.match), jump(exits.reject)];
    case 'branch': {
      const whenTrue = labelOf(end.whenTrue);
      const whenFalse = labelOf(end.whenFalse);
      if (whenTrue === whenFalse) return [jump(whenTrue)];
      const operand = end.operand === 'X' ? X : end.operand;
      return [jumpIf32(A, end.condition, operand, whenTrue), jump(whenFalse)];
    }
  }
}

function emitInstruction(
  instruction: BodyInstruction,
  access: PacketAccess,
  place: string,
  exits: Exits,
): EbpfInstruction[] {
  switch (instruction.op) {
    case 'loadConstant':
      return [mov32(instruction.register === 'A' ? A : X, instruction.value)];
    case 'transfer':
      return instruction.to === 'X' ? [mov32(X, A)] : [mov32(A, X)];
    case 'negate':
      return [alu32('neg', A, 0)];
    case 'alu':
      return emitAlu(instruction, place, exits);
    default:
      return access.access(instruction, place, exits);
  }
}

/** Classic BPF gives 0 for shifts of 32 and more, where eBPF takes the amount modulo 32; and it ends at a division by 0. */
function emitAlu({ operator, operand }: Alu, place: string, exits: Exits): EbpfInstruction[] {
  const operation = alu32(operator, A, operand === 'X' ? X : operand);
  switch (operator) {
    case 'lsh':
    case 'rsh':
      if (typeof operand === 'number') return [operand < 32 ? operation : mov32(A, 0)];
      return [
        jumpIf32(X, 'lt', 32, `${place}.small`),
        mov32(A, 0),
        jump(`${place}.shifted`),
        label(`${place}.small`),
        operation,
        label(`${place}.shifted`),
      ];
    case 'div':
    case 'mod':
      return operand === 'X' ? [jumpIf32(X, 'eq', 0, exits.reject), operation] : [operation];
    default:
      return [operation];
  }
}
