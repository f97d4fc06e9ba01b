/** UDP datagrams handed to the kernel many at a time (UDP_SEGMENT, udp(7)): it makes one merged packet of them. */
import { libcFunction } from '../../packages/daemon/src/sys/libc.ts';
import type { VethEnd } from './netns.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;

const socket = libcFunction('int socket(int domain, int type, int protocol)');
const setsockopt = libcFunction(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const sendto = libcFunction(
  'long sendto(int fd, const void *buffer, size_t length, int flags, const void *address, uint32_t addressLength)',
);
const close = libcFunction('int close(int fd)');

/**
 * Sends payloads, each cut into datagrams of `segmentBytes` and a last one with the rest.
 *
 * @param to - IPv4 in dotted form, IPv6 in hex, 32 digits
 */
export function sendUdpSegments(
  end: VethEnd,
  to: string,
  port: number,
  segmentBytes: number,
  payloads: readonly number[],
): void {
  const leave = end.enter();
  try {
    const ipv6 = !to.includes('.');
    const fd = socket('open a UDP socket', ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
    try {
      const size = Buffer.alloc(4);
      size.writeInt32LE(segmentBytes);
      setsockopt('segment', fd, SOL_UDP, UDP_SEGMENT, size, size.length);
      const address = ipv6 ? addressOf6(to, port) : addressOf4(to, port);
      for (const bytes of payloads) {
        sendto('send', fd, Buffer.alloc(bytes, 0x5a), bytes, 0, address, address.length);
      }
    } finally {
      close('close', fd);
    }
  } finally {
    leave();
  }
}

/** `struct sockaddr_in`. */
function addressOf4(to: string, port: number): Buffer {
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.writeUInt16BE(port, 2);
  address.set(to.split('.').map(Number), 4);
  return address;
}

/** `struct sockaddr_in6`. */
function addressOf6(to: string, port: number): Buffer {
  const address = Buffer.alloc(28);
  address.writeUInt16LE(AF_INET6, 0);
  address.writeUInt16BE(port, 2);
  address.write(to, 8, 'hex');
  return address;
}
