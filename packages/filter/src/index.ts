/**
 * What a filter means. A structured filter becomes one tcpdump expression; libpcap (in the daemon) compiles it to
 * classic BPF; this package decodes and validates that program and translates it to a JavaScript predicate and to eBPF.
 * Pure: no I/O, no native code.
 */
export { decodeProgram } from './bpf/decode.ts';
export type { Instruction, Program, RawInstruction } from './bpf/instruction.ts';
export { predicateOf } from './bpf/predicate.ts';
export { assemble } from './ebpf/assemble.ts';
export {
  type CountingMaps,
  type CountingOptions,
  counterIndex,
  counterLength,
  type Link,
} from './ebpf/counting-options.ts';
export { countingProgram } from './ebpf/counting-program.ts';
export { disassemble } from './ebpf/disassemble.ts';
export { formatProgram } from './ebpf/format.ts';
export { SCRATCH_BYTES } from './ebpf/frame.ts';
export type { ProgramHook } from './ebpf/hook.ts';
export type { EbpfInstruction } from './ebpf/instruction.ts';
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
