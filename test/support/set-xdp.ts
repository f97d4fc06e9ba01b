/** Attaches an XDP program as `ip link set dev … xdp` does: without a link, so that nobody has to hold it. */
import { closeSync } from 'node:fs';

import { libcFunction } from '../../packages/daemon/src/sys/libc.ts';

// linux/netlink.h, linux/rtnetlink.h, linux/if_link.h
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0;
const RTM_SETLINK = 19;
const NLM_F_REQUEST_ACK = 0x5;
const NLMSG_ERROR = 2;
const IFLA_XDP_NESTED = 43 | 0x8000;
const IFLA_XDP_FD = 1;
const IFLA_XDP_FLAGS = 3;
export const XDP_FLAGS_SKB_MODE: number = 1 << 1;
export const XDP_FLAGS_DRV_MODE: number = 1 << 2;

const socket = libcFunction('int socket(int domain, int type, int protocol)');
const send = libcFunction('long send(int fd, const void *data, size_t length, int flags)');
const recv = libcFunction('long recv(int fd, void *data, size_t length, int flags)');

/** @throws Error with the kernel's errno */
export function setXdp(ifindex: number, programFd: number, flags: number): void {
  const attributes = [attribute(IFLA_XDP_FD, programFd), attribute(IFLA_XDP_FLAGS, flags)];
  const message = Buffer.alloc(16 + 16 + 4 + 16);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(RTM_SETLINK, 4);
  message.writeUInt16LE(NLM_F_REQUEST_ACK, 6);
  message.writeInt32LE(ifindex, 16 + 4);
  message.writeUInt16LE(4 + 16, 32);
  message.writeUInt16LE(IFLA_XDP_NESTED, 34);
  Buffer.concat(attributes).copy(message, 36);
  const fd = socket('open a netlink socket', AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  try {
    send('set an XDP program', fd, message, message.length, 0);
    const answer = Buffer.alloc(4096);
    recv('set an XDP program', fd, answer, answer.length, 0);
    const error = answer.readInt32LE(16);
    if (answer.readUInt16LE(4) !== NLMSG_ERROR || error !== 0) throw new Error(`RTM_SETLINK: ${error}`);
  } finally {
    closeSync(fd);
  }
}

function attribute(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(8, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.writeInt32LE(value, 4);
  return bytes;
}
