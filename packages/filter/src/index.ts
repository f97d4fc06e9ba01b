/**
 * What a filter means. A structured filter becomes one tcpdump expression; libpcap (in the daemon) compiles it to
 * classic BPF; this package decodes and validates that program and translates it to a JavaScript predicate and to eBPF.
 * Pure: no I/O, no native code.
 */
export { decodeProgram } from './bpf/decode-program.ts';
export type { ClassicProgram, Instruction, RawInstruction } from './bpf/instruction.ts';
export { predicateOf } from './bpf/predicate.ts';
export {
  type CountingMaps,
  type CountingOptions,
  counterIndex,
  counterLength,
  type Link,
} from './ebpf/counting-options.ts';
export { countingProgram } from './ebpf/counting-program.ts';
export type { ProgramHook } from './ebpf/hook.ts';
export { assemble } from './ebpf/isa/assemble.ts';
export { disassemble } from './ebpf/isa/disassemble.ts';
export { formatProgram } from './ebpf/isa/format-program.ts';
export type { EbpfInstruction } from './ebpf/isa/instruction.ts';
export { SCRATCH_BYTES } from './ebpf/scratch-layout.ts';
export {
  asksMac,
  expressionOf,
  type FilterConditions,
  fillMac,
  type PortRange,
  type ProtocolName,
} from './expression.ts';
export { FilterError } from './filter-error.ts';
export type { PacketInfo, Predicate } from './packet-info.ts';
export { type UnionMember, unionExpression } from './union-expression.ts';
