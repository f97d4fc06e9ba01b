import { closeSync } from 'node:fs';

import koffi from 'koffi';

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

const ENOTSUP = 95;
// linux/ethtool.h
const SIOCETHTOOL = 0x8946;
const ETHTOOL_GSET = 0x1;
const ETHTOOL_GFLAGS = 0x25;
const ETH_FLAG_RXVLAN = 1 << 8;
const ETHTOOL_VALUE_BYTES = 8;
/** What makes the kernel handle many packets as one. */
const OFFLOADS = { TSO: 0x1e, GSO: 0x23, GRO: 0x2b } as const;
const ETHTOOL_CMD_BYTES = 44;
const SPEED_UNKNOWN = 0xffff;

/**
 * Asks the kernel for an interface, in the network namespace of this process (unlike /sys, which shows the one it was
 * mounted in). Needs no privilege.
 *
 * @returns `null` when there is no such interface
 * @throws {@link SysError}
 * @see netdevice(7)
 */
export function probeInterface(name: string): InterfaceFacts | null {
  if (!isInterfaceName(name)) return null;
  const ask = (request: number): Buffer => askInterface(name, request, Buffer.alloc(0));
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

/**
 * The speed of an interface's link.
 *
 * @returns Mbit/s, `null` where the driver does not know (virtual interfaces) or there is no link
 * @see ethtool(8); `struct ethtool_cmd` of linux/ethtool.h
 */
export function linkSpeedMbit(name: string): number | null {
  const command = askEthtool(name, ETHTOOL_GSET, ETHTOOL_CMD_BYTES);
  if (command === null) return null;
  const low = command.readUInt16LE(12);
  const high = command.readUInt16LE(28);
  return high === SPEED_UNKNOWN || low === 0 ? null : high * 65_536 + low;
}

/**
 * The offloads of an interface that merge packets or leave them to be split, of those that are on.
 *
 * @returns of `TSO`, `GSO` and `GRO`; empty where the driver does not tell
 * @see ethtool(8); `struct ethtool_value` of linux/ethtool.h
 */
export function activeOffloads(name: string): string[] {
  return Object.entries(OFFLOADS).flatMap(([offload, request]) => {
    const value = askEthtool(name, request, ETHTOOL_VALUE_BYTES)?.readUInt32LE(4);
    return value === 1 ? [offload] : [];
  });
}

/**
 * Whether an interface takes the VLAN tags out of the frames that come in (rx-vlan-offload), before anything of the kernel
 * has seen them.
 *
 * @returns `false` also where the driver does not tell
 */
export function takesVlanTagsOut(name: string): boolean {
  const flags = askEthtool(name, ETHTOOL_GFLAGS, ETHTOOL_VALUE_BYTES)?.readUInt32LE(4) ?? 0;
  return (flags & ETH_FLAG_RXVLAN) !== 0;
}

/** What the driver answers to an ethtool request, `null` when there is no interface or it does not know the request. */
function askEthtool(name: string, request: number, bytes: number): Buffer | null {
  if (!isInterfaceName(name)) return null;
  const command = Buffer.alloc(bytes);
  command.writeUInt32LE(request);
  const pointer = Buffer.alloc(8);
  pointer.writeBigUInt64LE(BigInt(koffi.address(command)));
  try {
    askInterface(name, SIOCETHTOOL, pointer);
    return command;
  } catch (error) {
    if (error instanceof SysError && (error.errno === ENODEV || error.errno === ENOTSUP)) return null;
    throw error;
  }
}

function isInterfaceName(name: string): boolean {
  const bytes = Buffer.byteLength(name);
  return bytes > 0 && bytes < IFNAMSIZ && !name.includes('\0');
}

/** What netdevice(7) answers in the union of `struct ifreq`. */
function askInterface(name: string, request: number, argument: Buffer): Buffer {
  const ifreq = Buffer.alloc(IFREQ_BYTES);
  ifreq.write(name);
  argument.copy(ifreq, IFNAMSIZ);
  const fd = socket('open a socket for netdevice(7)', AF_INET, SOCK_DGRAM_CLOEXEC, 0);
  try {
    ioctl(`look at interface ${name}`, fd, request, ifreq);
  } finally {
    closeSync(fd);
  }
  return ifreq.subarray(IFNAMSIZ);
}
