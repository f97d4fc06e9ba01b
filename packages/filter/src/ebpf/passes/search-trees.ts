import { type Block, type BlockEnd, type Blocks, retarget, withoutUnreachable } from './blocks.ts';

/** Shorter chains of comparisons stay as they are, at the leaves of a tree too. */
const MIN_CASES = 16;
const LEAF_CASES = 8;

type EqualBranch = Extract<BlockEnd, { op: 'branch' }> & { readonly operand: number };

interface Case {
  readonly value: number;
  readonly target: number;
}

/**
 * Makes a binary search of every long chain of `A == constant`: a list of a thousand hosts takes ten comparisons then, and
 * the verifier does not have to keep a thousand branches open at once.
 */
export function searchTrees(blocks: Blocks): Blocks {
  const once = treesFromHeads(blocks);
  // A chain that is entered in its middle too has become a tree from its head on; now from there.
  return once === blocks ? blocks : searchTrees(once);
}

function treesFromHeads(blocks: Blocks): Blocks {
  // In `placed`, targets of 0 and more are old numbers of blocks, negative ones are new blocks: -1 is the first.
  const placed: { readonly name: number; readonly block: Block }[] = [];
  const inChain = new Set<number>();
  let trees = 0;
  const add = (end: BlockEnd): number => {
    const name = -++trees;
    placed.push({ name, block: { body: [], end } });
    return name;
  };

  /** The block that finds a value among sorted cases; blocks stand before those that they lead to. */
  const place = (cases: readonly Case[], otherwise: number): number => {
    const [first, ...rest] = cases;
    if (first === undefined) return otherwise;
    const at = placed.length;
    const middle = cases.length >> 1;
    const name = add({ op: 'reject' });
    const end: BlockEnd =
      cases.length <= LEAF_CASES
        ? branch('eq', first.value, first.target, place(rest, otherwise))
        : branch(
            'gt',
            cases[middle - 1]!.value,
            place(cases.slice(middle), otherwise),
            place(cases.slice(0, middle), otherwise),
          );
    placed[at] = { name, block: { body: [], end } };
    return name;
  };

  blocks.forEach((block, index) => {
    const chain = inChain.has(index) ? [] : chainFrom(blocks, index);
    if (chain.length < MIN_CASES) {
      placed.push({ name: index, block });
      return;
    }
    for (const member of chain) inChain.add(member);
    const ends = chain.map((member) => blocks[member]!.end as EqualBranch);
    const at = placed.length;
    placed.push({ name: index, block });
    const root = place(sortedCases(ends), ends.at(-1)!.whenFalse);
    placed[at] = { name: index, block: { body: block.body, end: { op: 'goto', target: root } } };
  });

  if (trees === 0) return blocks;
  const indexOf = new Map(placed.map(({ name }, index) => [name, index]));
  return withoutUnreachable(
    placed.map(({ block: { body, end } }) => ({
      body,
      end: retarget(end, (target) => indexOf.get(target)!),
    })),
  );
}

/** The blocks that compare the same A with one constant after the other, the first of which may do more. */
function chainFrom(blocks: Blocks, start: number): number[] {
  const chain: number[] = [];
  let index = start;
  for (;;) {
    const { body, end } = blocks[index]!;
    if (body.length > 0 && index !== start) return chain;
    if (end.op === 'goto' && chain.length > 0 && end.target > index) {
      index = end.target;
      continue;
    }
    if (!isEqualBranch(end)) return chain;
    chain.push(index);
    if (end.whenFalse <= index) return chain;
    index = end.whenFalse;
  }
}

function isEqualBranch(end: BlockEnd): end is EqualBranch {
  return end.op === 'branch' && end.condition === 'eq' && end.operand !== 'X';
}

/** In ascending order; of equal values the first in the chain counts. */
function sortedCases(ends: readonly EqualBranch[]): Case[] {
  const targets = new Map<number, number>();
  for (const { operand, whenTrue } of ends) {
    if (!targets.has(operand)) targets.set(operand, whenTrue);
  }
  return [...targets].map(([value, target]) => ({ value, target })).sort((a, b) => a.value - b.value);
}

function branch(condition: 'eq' | 'gt', operand: number, whenTrue: number, whenFalse: number): BlockEnd {
  return { op: 'branch', condition, operand, whenTrue, whenFalse };
}
