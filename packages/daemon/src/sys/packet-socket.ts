import { libcFunction } from './libc.ts';

// bits/socket.h, linux/if_packet.h, linux/if_ether.h, asm-generic/socket.h
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_ATTACH_BPF = 50;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_PROMISC = 1;
const PACKET_MREQ_BYTES = 16;
const ETH_P_ALL = 0x0003;
const SOCKADDR_LL_BYTES = 20;

const socket = libcFunction('int socket(int domain, int type, int protocol)');
const setsockopt = libcFunction(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const bind = libcFunction('int bind(int fd, const void *address, uint32_t length)');
const close = libcFunction('int close(int fd)');

/**
 * A packet socket that runs an eBPF program on every packet of an interface, in both directions. Nothing is read from it.
 *
 * @see packet(7)
 */
export class PacketSocket {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Opens a socket that receives nothing yet.
   *
   * @param cooked - packets begin with the network header
   * @throws {@link SysError} `EPERM` without CAP_NET_RAW
   */
  static open(cooked: boolean): PacketSocket {
    const type = (cooked ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC;
    // Protocol 0: nothing arrives before a program is there to refuse it.
    return new PacketSocket(socket('open a packet socket', AF_PACKET, type, 0));
  }

  /** Leaves out what this host sends: on loopback every packet is sent and received. */
  ignoreOutgoing(): void {
    const on = Buffer.alloc(4);
    on.writeInt32LE(1);
    setsockopt('leave out outgoing packets', this.#fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, on, on.length);
  }

  /** Runs a program on every packet, in place of the one before: no packet passes between them. */
  attach(program: number): void {
    const value = Buffer.alloc(4);
    value.writeInt32LE(program);
    setsockopt('attach the eBPF program', this.#fd, SOL_SOCKET, SO_ATTACH_BPF, value, value.length);
  }

  /** Listens to all packets of an interface, those for others too, as tcpdump does. */
  bind(ifindex: number): void {
    const address = Buffer.alloc(SOCKADDR_LL_BYTES);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeUInt16BE(ETH_P_ALL, 2);
    address.writeInt32LE(ifindex, 4);
    bind('bind the packet socket', this.#fd, address, address.length);
    const membership = Buffer.alloc(PACKET_MREQ_BYTES);
    membership.writeInt32LE(ifindex, 0);
    membership.writeUInt16LE(PACKET_MR_PROMISC, 4);
    setsockopt(
      'set promiscuous mode',
      this.#fd,
      SOL_PACKET,
      PACKET_ADD_MEMBERSHIP,
      membership,
      membership.length,
    );
  }

  close(): void {
    close('close the packet socket', this.#fd);
  }
}
