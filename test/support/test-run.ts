import { addressOf, bpf } from '../../packages/daemon/src/sys/bpf.ts';

/** `BPF_PROG_TEST_RUN` of linux/bpf.h. */
export const PROG_TEST_RUN = 10;

/** What one {@link testRun} gives. */
export interface TestRun {
  readonly returned: number;
  /** Mean of the runs. */
  readonly nanoseconds: number;
}

/**
 * Runs a program on a made-up packet (BPF_PROG_TEST_RUN).
 *
 * @param packet - at least 14 bytes
 * @param context - `struct __sk_buff` or `struct xdp_md`
 * @throws {@link SysError}
 */
export function testRun(
  fd: number,
  packet: Uint8Array,
  { repeat = 1, context }: { repeat?: number; context?: Uint8Array } = {},
): TestRun {
  const attr = Buffer.alloc(80);
  attr.writeUInt32LE(fd, 0);
  attr.writeUInt32LE(packet.byteLength, 8);
  attr.writeBigUInt64LE(addressOf(packet), 16);
  attr.writeUInt32LE(repeat, 32);
  if (context !== undefined) {
    attr.writeUInt32LE(context.byteLength, 40);
    attr.writeBigUInt64LE(addressOf(context), 48);
  }
  bpf('run an eBPF program', PROG_TEST_RUN, attr);
  return { returned: attr.readUInt32LE(4), nanoseconds: attr.readUInt32LE(36) };
}
