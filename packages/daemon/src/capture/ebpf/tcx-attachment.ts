import type { PacketKind } from '@ifcast/protocol';

import { ATTACH_TYPE, BpfLink } from '../../sys/bpf-link.ts';
import type { Attachment } from './attachment.ts';

/** Before all other programs of what comes in, so that none has dropped or changed it. */
const BPF_F_BEFORE = 1 << 3;
/** After all others of what goes out. */
const BPF_F_AFTER = 1 << 4;

/** The programs run in the traffic control layer, one for each direction (kernel 6.6 and later). */
export class TcxAttachment implements Attachment {
  #programFds: readonly number[];
  #links: BpfLink[] = [];

  /** @param programFds - of ingress and, except on loopback, of egress */
  constructor(programFds: readonly number[]) {
    this.#programFds = programFds;
  }

  attach(ifindex: number): void {
    this.detach();
    const [ingress, egress] = this.#programFds;
    try {
      this.#links.push(BpfLink.create(ingress!, ifindex, ATTACH_TYPE.tcxIngress, BPF_F_BEFORE));
      if (egress !== undefined) {
        this.#links.push(BpfLink.create(egress, ifindex, ATTACH_TYPE.tcxEgress, BPF_F_AFTER));
      }
    } catch (error) {
      this.detach();
      throw error;
    }
  }

  replace(programFds: readonly number[]): void {
    const replaced: number[] = [];
    try {
      this.#links.forEach((link, index) => {
        link.replace(programFds[index]!);
        replaced.push(index);
      });
    } catch (error) {
      for (const index of replaced) this.#links[index]!.replace(this.#programFds[index]!);
      throw error;
    }
    this.#programFds = programFds;
  }

  detach(): void {
    for (const link of this.#links) link.close();
    this.#links = [];
  }

  packetKind(asked: PacketKind): PacketKind {
    return asked;
  }
}
