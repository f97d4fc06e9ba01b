import { BPF_COMMAND, bpf, closeBpf } from './bpf.ts';

/** `enum bpf_attach_type` of linux/bpf.h. */
export const ATTACH_TYPE = { xdp: 37, tcxIngress: 46, tcxEgress: 47 } as const;

const LINK_CREATE_BYTES = 32;
const LINK_UPDATE_BYTES = 16;

/** A program at an interface. The kernel detaches it when the link is closed, which the end of the process does too. */
export class BpfLink {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Attaches a program.
   *
   * @param attachType - one of {@link ATTACH_TYPE}
   * @param flags - of the attach type
   * @throws {@link SysError}
   */
  static create(program: number, ifindex: number, attachType: number, flags = 0): BpfLink {
    const attr = Buffer.alloc(LINK_CREATE_BYTES);
    attr.writeUInt32LE(program, 0);
    attr.writeUInt32LE(ifindex, 4);
    attr.writeUInt32LE(attachType, 8);
    attr.writeUInt32LE(flags, 12);
    return new BpfLink(bpf('attach the eBPF program', BPF_COMMAND.linkCreate, attr));
  }

  /**
   * Runs another program in place of the one before: no packet passes between them.
   *
   * @throws {@link SysError}
   */
  replace(program: number): void {
    const attr = Buffer.alloc(LINK_UPDATE_BYTES);
    attr.writeUInt32LE(this.#fd, 0);
    attr.writeUInt32LE(program, 4);
    bpf('replace the eBPF program', BPF_COMMAND.linkUpdate, attr);
  }

  close(): void {
    closeBpf(this.#fd);
  }
}
