import { SLOT } from '../ebpf/base/scratch-layout.ts';
import {
  alu,
  type EbpfInstruction,
  jump,
  jumpIf,
  label,
  load,
  R0,
  R10,
  store,
} from '../ebpf/isa/instruction.ts';

/** Begins a pass: no filter has matched yet. */
export function forgetMatches(): EbpfInstruction[] {
  return [store(8, R10, SLOT.matched, 0)];
}

/** Keeps that a filter has matched; r0 is lost. */
export function keepMatch(filter: number): EbpfInstruction[] {
  return [load(8, R0, R10, SLOT.matched), alu('or', R0, 1 << filter), store(8, R10, SLOT.matched, R0)];
}

/**
 * Leaves to a label unless a filter has matched in this pass; r0 is lost.
 *
 * @param filter - its index, which the meter has in its `filters`
 */
export function unlessMatched(filter: number, target: string): EbpfInstruction[] {
  return [
    load(8, R0, R10, SLOT.matched),
    jumpIf(R0, 'set', 1 << filter, `${target}.matched${filter}`),
    jump(target),
    label(`${target}.matched${filter}`),
  ];
}
