/** libpcap's own interpreter of classic BPF: the oracle of everything that runs a filter. */
import type { PacketInfo, RawInstruction } from '@ifcast/filter';

import { pcapFunction } from '../../packages/daemon/src/sys/libpcap.ts';
import { EXTENSION_BASE } from '../../packages/filter/src/bpf/opcode.ts';

const INSTRUCTION_BYTES = 8;
const LOAD_CONSTANT = 0x00;

/** What the kernel loads at each SKF_AD_* of linux/filter.h, as its documentation (networking/filter.rst) says. */
const EXTENSIONS: Readonly<Record<number, (info: PacketInfo) => number>> = {
  0: ({ protocol }) => protocol,
  4: ({ packetType }) => packetType,
  8: ({ ifindex }) => ifindex,
  44: ({ vlan }) => vlan?.tci ?? 0,
  48: ({ vlan }) => (vlan === null ? 0 : 1),
  60: ({ vlan }) => vlan?.tpid ?? 0,
};

/**
 * A program that `bpf_filter` of libpcap runs.
 *
 * It knows nothing beside the bytes of a packet: a load of what only the kernel knows is made into a load of that value,
 * for each packet anew. All other instructions are as they were compiled.
 */
export class LibpcapProgram {
  readonly #instructions: Buffer;
  readonly #extensions: { readonly at: number; readonly value: (info: PacketInfo) => number }[] = [];
  readonly #filter = pcapFunction(
    'unsigned int bpf_filter(const void *program, const void *packet, unsigned int wirelen, unsigned int buflen)',
  );

  constructor(program: readonly RawInstruction[]) {
    this.#instructions = Buffer.alloc(program.length * INSTRUCTION_BYTES);
    program.forEach(({ code, jt, jf, k }, index) => {
      const at = index * INSTRUCTION_BYTES;
      const value =
        (code & 0xe7) === 0x20 && k >= EXTENSION_BASE ? EXTENSIONS[k - EXTENSION_BASE] : undefined;
      if (value !== undefined) this.#extensions.push({ at: at + 4, value });
      this.#instructions.writeUInt16LE(value === undefined ? code : LOAD_CONSTANT, at);
      this.#instructions.writeUInt8(jt, at + 2);
      this.#instructions.writeUInt8(jf, at + 3);
      this.#instructions.writeUInt32LE(k, at + 4);
    });
  }

  /** What the program returns: 0 where the packet does not match. */
  run(frame: Uint8Array, info: PacketInfo): number {
    for (const { at, value } of this.#extensions) this.#instructions.writeUInt32LE(value(info), at);
    return this.#filter(this.#instructions, frame, info.untaggedLength, frame.length) as number;
  }
}
