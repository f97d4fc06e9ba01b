import type { PacketKind } from '@ifcast/protocol';

import { ATTACH_TYPE, BpfLink } from '../../sys/bpf-link.ts';
import { SysError } from '../../sys/sys-error.ts';
import { findXdpProgram, type XdpProgram } from '../../sys/xdp-program.ts';
import type { Attachment } from './attachment.ts';
import { XdpBusy } from './xdp-busy.ts';

// linux/if_link.h
const XDP_FLAGS_SKB_MODE = 1 << 1;
const XDP_FLAGS_DRV_MODE = 1 << 2;

const LOOK_AGAIN_MS = 10_000;

/** The program runs on what comes in, before everything else. One program an interface: others have to go first. */
export class XdpAttachment implements Attachment {
  #programFd: number;
  #link: BpfLink | null = null;
  #native = true;
  #found: { readonly program: XdpProgram; readonly atMs: number } | null = null;

  /** @param programFds - of one program */
  constructor(programFds: readonly number[]) {
    this.#programFd = programFds[0]!;
  }

  attach(ifindex: number): void {
    this.detach();
    try {
      this.#link = this.#create(ifindex, XDP_FLAGS_DRV_MODE);
      this.#native = true;
    } catch (error) {
      if (!(error instanceof SysError) || error.code === 'EPERM' || error.code === 'EBUSY') throw error;
      this.#link = this.#create(ifindex, XDP_FLAGS_SKB_MODE);
      this.#native = false;
    }
  }

  #create(ifindex: number, flags: number): BpfLink {
    try {
      return BpfLink.create(this.#programFd, ifindex, ATTACH_TYPE.xdp, flags);
    } catch (error) {
      if (!(error instanceof SysError) || error.code !== 'EBUSY') throw error;
      throw new XdpBusy(error, this.#other(ifindex), flags === XDP_FLAGS_DRV_MODE ? 'xdp' : 'xdpgeneric');
    }
  }

  /** Attaching is tried every second, and to look for the other reads half of /proc. */
  #other(ifindex: number): XdpProgram {
    const now = performance.now();
    if (this.#found === null || now - this.#found.atMs > LOOK_AGAIN_MS) {
      this.#found = { program: findXdpProgram(ifindex), atMs: now };
    }
    return this.#found.program;
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
