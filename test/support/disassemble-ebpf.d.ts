import type { EbpfInstruction } from '../../packages/filter/src/ebpf/isa/instruction.ts';
/**
 * The instructions of assembled bytes; the place of slot 12, where something jumps to it, is label `L12`. Constants of
 * 32-bit operations come as 0 … 2^32-1.
 *
 * @throws RangeError for an instruction that `assemble` does not make
 */
export declare function disassemble(bytes: Uint8Array): EbpfInstruction[];
