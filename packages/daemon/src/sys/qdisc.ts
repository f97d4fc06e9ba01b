import { closeSync } from 'node:fs';

import { libcFunction } from './libc.ts';
import { SysError } from './sys-error.ts';

// linux/netlink.h, linux/rtnetlink.h, bits/socket.h
const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_ROUTE = 0;
const RTM_NEWQDISC = 36;
const RTM_GETQDISC = 38;
const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const TCA_KIND = 1;
/** `struct nlmsghdr`, and `struct tcmsg` behind it. */
const HEADER_BYTES = 16;
const TCMSG_BYTES = 20;
const ATTRIBUTE_HEADER_BYTES = 4;
const ANSWER_BYTES = 65_536;

const socket = libcFunction('int socket(int domain, int type, int protocol)');
const send = libcFunction('long send(int fd, const void *data, size_t length, int flags)');
const recv = libcFunction('long recv(int fd, void *data, size_t length, int flags)');

/**
 * The kinds of queueing disciplines at an interface, such as `fq_codel` and `clsact`. Needs no privilege.
 *
 * @throws {@link SysError}
 * @see rtnetlink(7)
 */
export function qdiscKinds(ifindex: number): string[] {
  const fd = socket('open a netlink socket', AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE);
  try {
    const request = Buffer.alloc(HEADER_BYTES + TCMSG_BYTES);
    request.writeUInt32LE(request.length, 0);
    request.writeUInt16LE(RTM_GETQDISC, 4);
    request.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
    send('ask for queueing disciplines', fd, request, request.length, 0);
    const kinds: string[] = [];
    const answer = Buffer.alloc(ANSWER_BYTES);
    for (;;) {
      const length = recv('ask for queueing disciplines', fd, answer, answer.length, 0);
      for (let at = 0; at + HEADER_BYTES <= length; at += aligned(answer.readUInt32LE(at))) {
        const type = answer.readUInt16LE(at + 4);
        if (type === NLMSG_DONE) return kinds;
        if (type === NLMSG_ERROR) {
          throw new SysError('ask for queueing disciplines', -answer.readInt32LE(at + HEADER_BYTES));
        }
        if (type !== RTM_NEWQDISC || answer.readInt32LE(at + HEADER_BYTES + 4) !== ifindex) continue;
        const attributes = answer.subarray(at + HEADER_BYTES + TCMSG_BYTES, at + answer.readUInt32LE(at));
        kinds.push(...textsOf(attributes, TCA_KIND));
      }
    }
  } finally {
    closeSync(fd);
  }
}

function textsOf(attributes: Buffer, wanted: number): string[] {
  const texts: string[] = [];
  for (let at = 0; at + ATTRIBUTE_HEADER_BYTES <= attributes.length; ) {
    const length = attributes.readUInt16LE(at);
    if (length < ATTRIBUTE_HEADER_BYTES) break;
    if (attributes.readUInt16LE(at + 2) === wanted) {
      texts.push(
        attributes.toString('latin1', at + ATTRIBUTE_HEADER_BYTES, at + length).replace(/\0.*$/s, ''),
      );
    }
    at += aligned(length);
  }
  return texts;
}

/** Messages and attributes begin at multiples of 4. */
function aligned(length: number): number {
  return (length + 3) & ~3;
}
