import type { PacketKind } from '@ifcast/protocol';

import { PacketSocket } from '../../sys/packet-socket.ts';
import type { Attachment } from './attachment.ts';

/**
 * The program is the filter of a packet socket: it runs where libpcap taps, on packets of both directions, before all
 * other hooks of what comes in (except XDP) and after all others of what goes out.
 */
export class SocketAttachment implements Attachment {
  readonly #cooked: boolean;
  readonly #loopback: boolean;
  #programFd: number;
  #socket: PacketSocket | null = null;

  /**
   * @param programFds - of one program
   * @param cooked - the link type is LINKTYPE_LINUX_SLL: packets begin with the network header
   * @param loopback - what is sent comes in again
   */
  constructor(programFds: readonly number[], cooked: boolean, loopback: boolean) {
    this.#programFd = programFds[0]!;
    this.#cooked = cooked;
    this.#loopback = loopback;
  }

  attach(ifindex: number): void {
    this.detach();
    const socket = PacketSocket.open(this.#cooked);
    try {
      if (this.#loopback) socket.ignoreOutgoing();
      socket.attach(this.#programFd);
      socket.bind(ifindex);
    } catch (error) {
      socket.close();
      throw error;
    }
    this.#socket = socket;
  }

  replace(programFds: readonly number[]): void {
    this.#socket?.attach(programFds[0]!);
    this.#programFd = programFds[0]!;
  }

  detach(): void {
    this.#socket?.close();
    this.#socket = null;
  }

  packetKind(asked: PacketKind): PacketKind {
    return asked;
  }
}
