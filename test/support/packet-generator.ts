/**
 * Sends one frame over and over from inside the kernel (BPF_PROG_TEST_RUN with live frames): millions a second, and so
 * little of its own that the cost of what they meet at the other end can be told.
 */
import { addressOf, bpf, closeBpf } from '../../packages/daemon/src/sys/bpf.ts';
import { loadProgram, PROGRAM_TYPE } from '../../packages/daemon/src/sys/bpf-program.ts';
import { probeInterface } from '../../packages/daemon/src/sys/network-interface.ts';
import { assemble } from '../../packages/filter/src/ebpf/isa/assemble.ts';
import { call, exit, mov, R1, R2 } from '../../packages/filter/src/ebpf/isa/instruction.ts';
import { REDIRECT } from './kernel-helpers.ts';
import type { VethEnd } from './netns.ts';
import { PROG_TEST_RUN } from './test-run.ts';

const BPF_F_TEST_XDP_LIVE_FRAMES = 1 << 1;
/** Frames that are under way at once. */
const BATCH = 64;
const TEST_RUN_BYTES = 80;

export class PacketGenerator {
  readonly #end: VethEnd;
  readonly #program: number;

  /** @param end - its interface sends; the interface at the other end has to have GRO on, or a program of XDP */
  constructor(end: VethEnd) {
    this.#end = end;
    this.#program = this.#inNamespace(() => {
      const { ifindex } = probeInterface(end.iface)!;
      const code = assemble([mov(R1, ifindex), mov(R2, 0), call(REDIRECT), exit()]);
      return loadProgram({ type: PROGRAM_TYPE.xdp, code });
    });
  }

  /**
   * Sends a frame many times.
   *
   * @returns nanoseconds of processor time a packet, all that it met included
   */
  send(frame: Uint8Array, count: number): number {
    const attr = Buffer.alloc(TEST_RUN_BYTES);
    attr.writeUInt32LE(this.#program, 0);
    attr.writeUInt32LE(frame.byteLength, 8);
    attr.writeBigUInt64LE(addressOf(frame), 16);
    attr.writeUInt32LE(count, 32);
    attr.writeUInt32LE(BPF_F_TEST_XDP_LIVE_FRAMES, 64);
    attr.writeUInt32LE(BATCH, 72);
    return this.#inNamespace(() => {
      const before = process.cpuUsage();
      bpf('send packets', PROG_TEST_RUN, attr);
      const { user, system } = process.cpuUsage(before);
      return ((user + system) * 1000) / count;
    });
  }

  close(): void {
    closeBpf(this.#program);
  }

  #inNamespace<T>(body: () => T): T {
    const leave = this.#end.enter();
    try {
      return body();
    } finally {
      leave();
    }
  }
}
