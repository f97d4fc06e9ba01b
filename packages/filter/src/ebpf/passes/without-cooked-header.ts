import { FilterError } from '../../bpf/filter-error.ts';
import type { ClassicProgram, Instruction } from '../../bpf/instruction.ts';

/** Bytes of the header that libpcap makes up for LINKTYPE_LINUX_SLL. */
export const COOKED_HEADER_BYTES = 16;
const PACKET_TYPE_OFFSET = 0;
const PROTOCOL_OFFSET = 14;

/**
 * A program that libpcap compiled for a cooked link type (LINKTYPE_LINUX_SLL), as the kernel has to run it: on packets
 * that begin with the network header, as libpcap itself rewrites it (`fix_offset` in pcap-linux.c).
 *
 * @throws {@link FilterError} `program` for a load from the made-up header that the kernel cannot answer
 */
export function withoutCookedHeader(program: ClassicProgram): ClassicProgram {
  return program.map((instruction): Instruction => {
    switch (instruction.op) {
      case 'loadAbsolute':
        if (instruction.offset >= COOKED_HEADER_BYTES) return shifted(instruction);
        if (instruction.size === 2 && instruction.offset === PACKET_TYPE_OFFSET) {
          return { op: 'loadExtension', extension: 'packetType' };
        }
        if (instruction.size === 2 && instruction.offset === PROTOCOL_OFFSET) {
          return { op: 'loadExtension', extension: 'protocol' };
        }
        throw inHeader();
      case 'loadIndirect':
      case 'loadHeaderLength':
        if (instruction.offset >= COOKED_HEADER_BYTES) return shifted(instruction);
        throw inHeader();
      default:
        return instruction;
    }
  });
}

function shifted<T extends Instruction & { readonly offset: number }>(instruction: T): T {
  return { ...instruction, offset: instruction.offset - COOKED_HEADER_BYTES };
}

function inHeader(): FilterError {
  return new FilterError(
    'program',
    'the filter looks into the link-layer header, which the kernel does not have for this link type',
  );
}
