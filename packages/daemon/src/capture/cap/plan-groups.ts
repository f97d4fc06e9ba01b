import { decodeProgram, type RawInstruction, type UnionMember, unionExpression } from '@ifcast/filter';

import type { Group, GroupMember } from './worker-messages.ts';

/** A filter ready to be counted. */
export interface PlannedFilter {
  readonly slot: number;
  /** With `$MAC` filled in. */
  readonly expression: string;
  readonly program: readonly RawInstruction[];
}

/** `ret #k` of linux/filter.h */
const RETURN_CONSTANT = 0x06;

/**
 * Which filters share a libpcap handle. A filter that asks for what only the kernel knows (direction, the VLAN tag that it
 * took out, the interface index) gets a handle of its own, on which the kernel decides; the others share one, whose
 * kernel filter is their union, and are told apart by their programs in the worker.
 *
 * @param ringBytes - of the shared handle; each of the others has a quarter
 */
export function planGroups(filters: readonly PlannedFilter[], ringBytes: number): Group[] {
  const shared: PlannedFilter[] = [];
  const groups: Group[] = [];
  const ownRingBytes = Math.ceil(ringBytes / 4);
  for (const filter of filters) {
    // libpcap would refuse its expression, and every union with it.
    if (matchesNothing(filter.program)) continue;
    if (!asksTheKernel(filter.program)) {
      shared.push(filter);
      continue;
    }
    const members: GroupMember[] = [{ slot: filter.slot, program: null }];
    groups.push({
      kernelExpression: filter.expression,
      kernelProgram: filter.program,
      ringBytes: ownRingBytes,
      members,
    });
  }
  if (shared.length === 0) return groups;
  const kernelExpression = unionExpression(shared.map(unionMember)) ?? '';
  const members = shared.map(({ slot, program }): GroupMember => ({ slot, program }));
  return [{ kernelExpression, kernelProgram: null, ringBytes, members }, ...groups];
}

function matchesNothing([first]: readonly RawInstruction[]): boolean {
  return first !== undefined && first.code === RETURN_CONSTANT && first.k === 0;
}

function asksTheKernel(program: readonly RawInstruction[]): boolean {
  return decodeProgram(program).some((instruction) => instruction.op === 'loadExtension');
}

function unionMember({ expression, program }: PlannedFilter): UnionMember {
  return { expression, program: decodeProgram(program) };
}
