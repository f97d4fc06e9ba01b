import { type Block, type Blocks, type BodyInstruction, retarget, withoutUnreachable } from './blocks.ts';
import { foldEnd, foldInstruction, START, type State, UNKNOWN } from './fold.ts';
import * as live from './liveness.ts';

/** Blocks are copied for what is known when they are reached, until there are this many times as many. */
const MAX_GROWTH = 4;

/** A block as it is for one state. */
interface Variant {
  readonly source: number;
  readonly block: Block;
}

/**
 * The program with constants folded and decided branches gone. Where `4*([k]&0xf)` is taken, it is assumed to be
 * `headerLength`, so that loads at `X + k` behind it stand at a fixed offset: an `assumeHeaderLength` remains. A block
 * that is reached with different constants is copied for each.
 */
export function specialize(blocks: Blocks, headerLength: number): Blocks {
  const liveAt = live.liveAtStart(blocks);
  const variants: Variant[] = [];
  const indexOf = new Map<string, number>();
  const pending: { index: number; source: number; state: State }[] = [];
  const reach = (source: number, state: State): number => {
    const known = indexOf.size < MAX_GROWTH * blocks.length ? onlyLive(state, liveAt[source]!) : UNKNOWN;
    const key = `${source} ${known.A} ${known.X} ${known.scratch}`;
    const there = indexOf.get(key);
    if (there !== undefined) return there;
    const index = indexOf.size;
    indexOf.set(key, index);
    pending.push({ index, source, state: known });
    return index;
  };

  reach(0, START);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { index, source, state } = next;
    const { body, end } = blocks[source]!;
    const folded = foldBody(body, state, headerLength);
    variants[index] = {
      source,
      block: {
        body: folded.body,
        end: retarget(foldEnd(end, folded.after), (target) => reach(target, folded.after)),
      },
    };
  }
  return inSourceOrder(variants);
}

function foldBody(
  body: readonly BodyInstruction[],
  before: State,
  headerLength: number,
): { body: BodyInstruction[]; after: State } {
  let after = before;
  const folded = body.map((source) => {
    const result = foldInstruction(source, after, headerLength);
    after = result.after;
    return result.instruction;
  });
  return { body: folded, after };
}

/** Ways forward stay ways forward: the other passes count on it. */
function inSourceOrder(variants: readonly Variant[]): Blocks {
  const order = variants
    .map((_, index) => index)
    .sort((a, b) => variants[a]!.source - variants[b]!.source || a - b);
  const place = new Map(order.map((index, at) => [index, at]));
  return withoutUnreachable(
    order.map((index) => {
      const { body, end } = variants[index]!.block;
      return { body, end: retarget(end, (target) => place.get(target)!) };
    }),
  );
}

/** Values that nobody reads must not tell variants apart. */
function onlyLive(state: State, places: live.Places): State {
  return {
    A: (places & live.A) !== 0 ? state.A : undefined,
    X: (places & live.X) !== 0 ? state.X : undefined,
    scratch: state.scratch.map((value, index) => ((places & live.scratch(index)) !== 0 ? value : undefined)),
  };
}
