/**
 * What a filter means. A structured filter becomes one tcpdump expression; libpcap (in the daemon) compiles it to
 * classic BPF; this package validates that program and translates it to a JavaScript predicate and to eBPF. Pure: no I/O,
 * no native code. From an expression to a predicate and a program:
 *
 * ```js
 * const expression = expressionOf({ proto: 'ip' });
 * // What libpcap makes of it: tcpdump -y EN10MB -ddd ip
 * const raw = [[0x28, 0, 0, 12], [0x15, 0, 1, 0x800], [0x06, 0, 0, 262144], [0x06, 0, 0, 0]];
 * const program = decodeProgram(raw.map(([code, jt, jf, k]) => ({ code, jt, jf, k })));
 * const matches = predicateOf(program); // matches(packet, info)
 * const matchMeter = new SizesMeter({ filters: 1, sizeUpperBounds: [64, 1512] });
 * const options = { hook: 'socket', classicPrograms: [program], packet: 'wire', link: 'ethernet', matchMeter };
 * const { code, maps } = countingProgram(options); // formatProgram(code) is its listing
 * const descriptors = Object.fromEntries(maps.map(({ name }, index) => [name, 3 + index])); // of maps in the kernel
 * const bytes = assemble(code, descriptors); // for bpf(2)
 * ```
 */
export { decodeProgram } from './bpf/decode-program.ts';
export { FilterError } from './bpf/filter-error.ts';
export type { ClassicProgram, Instruction, RawInstruction } from './bpf/instruction.ts';
export type { PacketInfo, Predicate } from './bpf/packet-info.ts';
export { predicateOf } from './bpf/predicate.ts';
export type { ProgramHook } from './ebpf/base/hook.ts';
export type { MapSpec } from './ebpf/base/map-spec.ts';
export type { CountingOptions, Link } from './ebpf/counting-options.ts';
export { countingProgram } from './ebpf/counting-program.ts';
export { assemble } from './ebpf/isa/assemble.ts';
export { formatProgram } from './ebpf/isa/format-program.ts';
export type { EbpfInstruction } from './ebpf/isa/instruction.ts';
export {
  asksMac,
  expressionOf,
  type FilterConditions,
  fillMac,
  type PortRange,
  type ProtocolName,
} from './expression.ts';
export { type Headers, noHeaders, walkHeaders } from './headers/walk-headers.ts';
export { type ExecutedFilter, executeFilters } from './meter/filter-executor.ts';
export type { LoadedMap, MeteredPacket } from './meter/meter.ts';
export { SizeTally, sizeBucket } from './meter/size-tally.ts';
export {
  SIZES_MAP,
  type SizeCounts,
  SizesMeter,
  SizesReader,
  type SizesShape,
  type Traffic,
} from './meter/sizes.ts';
export { type UnionMember, unionExpression } from './union-expression.ts';
