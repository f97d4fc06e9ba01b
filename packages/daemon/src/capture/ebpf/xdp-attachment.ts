import type { PacketKind } from '@ifcast/protocol';

import { ATTACH_TYPE, BpfLink } from '../../sys/bpf-link.ts';
import { SysError } from '../../sys/sys-error.ts';
import type { Attachment } from './attachment.ts';

// linux/if_link.h
const XDP_FLAGS_SKB_MODE = 1 << 1;
const XDP_FLAGS_DRV_MODE = 1 << 2;

/** The program runs on what comes in, before everything else. One program an interface: others have to go first. */
export class XdpAttachment implements Attachment {
  #programFd: number;
  #link: BpfLink | null = null;
  #native = true;

  /** @param programFds - of one program */
  constructor(programFds: readonly number[]) {
    this.#programFd = programFds[0]!;
  }

  attach(ifindex: number): void {
    this.detach();
    try {
      this.#link = BpfLink.create(this.#programFd, ifindex, ATTACH_TYPE.xdp, XDP_FLAGS_DRV_MODE);
      this.#native = true;
    } catch (error) {
      if (!(error instanceof SysError) || error.code === 'EPERM' || error.code === 'EBUSY') throw error;
      this.#link = BpfLink.create(this.#programFd, ifindex, ATTACH_TYPE.xdp, XDP_FLAGS_SKB_MODE);
      this.#native = false;
    }
  }

  replace(programFds: readonly number[]): void {
    this.#link?.replace(programFds[0]!);
    this.#programFd = programFds[0]!;
  }

  detach(): void {
    this.#link?.close();
    this.#link = null;
  }

  /** A driver runs it on what came over the wire; the kernel, for drivers that know no XDP, on what GRO has merged. */
  packetKind(): PacketKind {
    return this.#native ? 'wire' : 'captured';
  }
}
