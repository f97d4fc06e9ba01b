import { type Block, type Blocks, successors } from './blocks.ts';

/**
 * The length that each block has to check at its start before it may load: as much as its own loads at fixed offsets
 * need, or 0 where every way to it has checked that much. A packet that is too short does not match, wherever in the
 * block the load stands, so one check a block is enough.
 */
export function lengthChecks(blocks: Blocks, guaranteed = 0): readonly number[] {
  // Loops only add to what is guaranteed, so the ways forward alone decide, and one pass in order does.
  const known = new Array<number>(blocks.length).fill(Number.POSITIVE_INFINITY);
  known[0] = guaranteed;
  return blocks.map((block, index) => {
    const needed = requiredLength(block);
    const before = known[index]!;
    const after = Math.max(before, needed);
    for (const next of successors(block.end)) {
      if (next > index) known[next] = Math.min(known[next]!, after);
    }
    return needed > before ? needed : 0;
  });
}

/** The longest packet that the loads of a block at fixed offsets need. */
function requiredLength({ body }: Block): number {
  return Math.max(
    0,
    ...body.map((instruction) => {
      switch (instruction.op) {
        case 'loadAbsolute':
          return instruction.offset + instruction.size;
        case 'loadHeaderLength':
        case 'assumeHeaderLength':
          return instruction.offset + 1;
        default:
          return 0;
      }
    }),
  );
}
