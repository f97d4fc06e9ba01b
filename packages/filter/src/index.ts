/**
 * What a filter means. A structured filter becomes one tcpdump expression; libpcap (in the daemon) compiles it to
 * classic BPF; this package decodes and validates that program and translates it to a JavaScript predicate and to eBPF.
 * Pure: no I/O, no native code.
 */
export { decodeProgram } from './bpf/decode.ts';
export type { Instruction, Program, RawInstruction } from './bpf/instruction.ts';
export { predicateOf } from './bpf/predicate.ts';
export {
  expressionOf,
  type FilterConditions,
  fillMac,
  type PortRange,
  type ProtocolName,
} from './expression.ts';
export { FilterError } from './filter-error.ts';
export type { PacketInfo, Predicate } from './packet-info.ts';
export { type UnionMember, unionExpression } from './union.ts';
