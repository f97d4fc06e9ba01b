import { libcFunction } from './libc.ts';
import { SysError } from './sys-error.ts';

/** What the kernel says of an interface now. */
export interface InterfaceFacts {
  readonly ifindex: number;
  /** IFF_UP: set up by the administrator, with or without a link. */
  readonly up: boolean;
  /** `aa:bb:cc:dd:ee:ff`; the first six bytes where the hardware address is longer. */
  readonly mac: string;
  /** ARPHRD_* of linux/if_arp.h, for example 1 for Ethernet, 772 for loopback. */
  readonly hardwareType: number;
}

// linux/sockios.h, linux/if.h, bits/socket.h
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const IFF_UP = 0x1;
const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const IFNAMSIZ = 16;
const IFREQ_BYTES = 40;
const ENODEV = 19;

const socket = libcFunction('int socket(int domain, int type, int protocol)');
const ioctl = libcFunction('int ioctl(int fd, unsigned long request, void *argument)');

let fd: number | undefined;

/**
 * Asks the kernel for an interface, in the network namespace of this process (unlike /sys, which shows the one it was
 * mounted in). Needs no privilege; about 10 µs.
 *
 * @returns `null` when there is no such interface
 * @throws {@link SysError}
 * @see netdevice(7)
 */
export function probeInterface(name: string): InterfaceFacts | null {
  const nameBytes = Buffer.from(name);
  if (nameBytes.length === 0 || nameBytes.length >= IFNAMSIZ || nameBytes.includes(0)) return null;
  fd ??= socket('open a socket for netdevice(7)', AF_INET, SOCK_DGRAM_CLOEXEC, 0);
  const ask = (request: number): Buffer => {
    const ifreq = Buffer.alloc(IFREQ_BYTES);
    nameBytes.copy(ifreq);
    ioctl(`look at interface ${name}`, fd, request, ifreq);
    return ifreq.subarray(IFNAMSIZ);
  };
  try {
    const hardware = ask(SIOCGIFHWADDR);
    return {
      ifindex: ask(SIOCGIFINDEX).readInt32LE(0),
      up: (ask(SIOCGIFFLAGS).readUInt16LE(0) & IFF_UP) !== 0,
      mac: hardware.toString('hex', 2, 8).replace(/..(?!$)/g, '$&:'),
      hardwareType: hardware.readUInt16LE(0),
    };
  } catch (error) {
    if (error instanceof SysError && error.errno === ENODEV) return null;
    throw error;
  }
}
