import { decodeProgram, type RawInstruction, type UnionMember, unionExpression } from '@ifcast/filter';

import type { Group, GroupMember } from './worker-messages.ts';

/** A filter ready to be counted. */
export interface PlannedFilter {
  readonly slot: number;
  /** With `$MAC` filled in. */
  readonly expression: string;
  readonly program: readonly RawInstruction[];
}

/**
 * Immediate mode gives each packet a fixed slot of snaplen bytes in the ring while TSO or GSO is on: 32 MiB hold about
 * 500 packets.
 */
const SHARED_RING_BYTES = 32 * 1024 * 1024;
/** `ret #k` of linux/filter.h */
const RETURN_CONSTANT = 0x06;
const OWN_RING_BYTES = 8 * 1024 * 1024;

/**
 * Which filters share a libpcap handle. A filter that asks for what only the kernel knows (direction, the VLAN tag that it
 * took out, the interface index) gets a handle of its own, on which the kernel decides; the others share one, whose
 * kernel filter is their union, and are told apart by their programs in the worker.
 */
export function planGroups(filters: readonly PlannedFilter[]): Group[] {
  const shared: PlannedFilter[] = [];
  const groups: Group[] = [];
  for (const filter of filters) {
    // libpcap would refuse its expression, and every union with it.
    if (matchesNothing(filter.program)) continue;
    if (!asksTheKernel(filter.program)) {
      shared.push(filter);
      continue;
    }
    const members: GroupMember[] = [{ slot: filter.slot, program: null }];
    groups.push({ kernelExpression: filter.expression, ringBytes: OWN_RING_BYTES, members });
  }
  if (shared.length === 0) return groups;
  const kernelExpression = unionExpression(shared.map(unionMember)) ?? '';
  const members = shared.map(({ slot, program }): GroupMember => ({ slot, program }));
  return [{ kernelExpression, ringBytes: SHARED_RING_BYTES, members }, ...groups];
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
