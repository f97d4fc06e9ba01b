import type { ClassicProgram } from './bpf/instruction.ts';

/** One of the filters that share a kernel filter. */
export interface UnionMember {
  readonly expression: string;
  /** The expression's own, for the interface on which the union will run. */
  readonly program: ClassicProgram;
}

/**
 * Ethernet and IPv6 header: no address check reads further. The union may hold loads that the optimiser removed from a
 * member's own program, such as those of a network of all addresses.
 */
const ALL_HEADERS_BYTES = 54;
/** An IPv4 header without options. */
const PLAIN_HEADER_BYTES = 20;
const LONGEST_HEADER_BYTES = 60;

/**
 * An expression that matches every packet that one of the members matches, and a few more: what a kernel filter in front
 * of several filters needs.
 *
 * `a or b` alone is not that. A load beyond the packet and a division by 0 end the whole program (linux/filter.h), so an
 * `a` that looks for data in a TCP segment without any would hide the segment from `b`. Packets too short for the loads
 * of the members before the last are therefore let through first. A member whose loads have no limit may only stand
 * last, and so may one with `vlan`, `mpls`, `pppoes`, `geneve` or `vxlan`, which in pcap-filter(7) move the offsets of
 * everything that follows them, also after an `or`. A member that asks for what only the kernel knows has no place in a union:
 * libpcap 1.10 makes wrong code of `vlan` on an interface when arithmetic stands before it.
 *
 * @returns `null` when only all packets will do
 */
export function unionExpression(members: readonly UnionMember[]): string | null {
  if (members.length === 0 || members.some(hasNoPlace)) return null;
  const last = members.filter(mustStandLast);
  if (last.length > 1) return null;
  const ordered = [...members.filter((member) => !mustStandLast(member)), ...last];
  if (ordered.length === 1) return ordered[0]!.expression;
  const terms = [
    ...guards(ordered.slice(0, -1).map(({ program }) => program)),
    ...ordered.map(({ expression }) => expression),
  ];
  return terms.map((term) => `(${term})`).join(' or ');
}

function hasNoPlace({ expression, program }: UnionMember): boolean {
  return expression === '' || program.some((instruction) => instruction.op === 'loadExtension');
}

function mustStandLast({ expression, program }: UnionMember): boolean {
  return /\b(vlan|mpls|pppoes|geneve|vxlan)\b/.test(expression) || !isBounded(program);
}

/** Whether no load goes beyond a known length, and nothing is divided by what the packet says. */
function isBounded(program: ClassicProgram): boolean {
  let indirect = false;
  let freeIndex = false;
  for (const instruction of program) {
    switch (instruction.op) {
      case 'loadIndirect':
        indirect = true;
        break;
      case 'transfer':
        if (instruction.to === 'X') freeIndex = true;
        break;
      case 'loadConstant':
      case 'loadLength':
      case 'loadScratch':
        if (instruction.register === 'X') freeIndex = true;
        break;
      case 'alu':
        if (instruction.operand === 'X' && (instruction.operator === 'div' || instruction.operator === 'mod'))
          return false;
        break;
      default:
        break;
    }
  }
  return !(indirect && freeIndex);
}

/** Expressions of the packets for which bounded programs might load beyond the end. */
function guards(programs: readonly ClassicProgram[]): string[] {
  const instructions = programs.flat();
  const headers = new Set(
    instructions.flatMap((instruction) =>
      instruction.op === 'loadHeaderLength' ? [instruction.offset] : [],
    ),
  );
  // Hardly a packet has IPv4 options: with those let through, the others need to be no longer than their plain header.
  const indexLimit = headers.size > 1 ? LONGEST_HEADER_BYTES : PLAIN_HEADER_BYTES;
  let needed = ALL_HEADERS_BYTES;
  for (const instruction of instructions) {
    if (instruction.op === 'loadAbsolute') needed = Math.max(needed, instruction.offset + instruction.size);
    if (instruction.op === 'loadHeaderLength') needed = Math.max(needed, instruction.offset + 1);
    if (instruction.op === 'loadIndirect')
      needed = Math.max(needed, indexLimit + instruction.offset + instruction.size);
  }
  return headers.size === 1 ? [`less ${needed - 1}`, 'ip[0] & 0xf > 5'] : [`less ${needed - 1}`];
}
