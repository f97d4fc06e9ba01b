/** Plain packets that are made from what they are, so that a test knows without parsing them. */
import { u16 } from './random-headers.ts';

/** What a packet is, in the words of a filter's conditions. */
export interface Description {
  readonly direction: 'in' | 'out';
  readonly kind: 'ip' | 'ip6' | 'arp' | 'other';
  /** Four or sixteen bytes; for `arp` the addresses of sender and target. */
  readonly source: readonly number[];
  readonly destination: readonly number[];
  /** Of `ip` and `ip6`. */
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

const PACKET_HOST = 0;
const PACKET_OUTGOING = 4;
const IP_PROTOCOLS_WITH_PORTS: readonly number[] = [6, 17, 132];

/** Whether the packet has ports that a filter can ask for. */
export function hasPorts({ kind, protocol }: Description): boolean {
  return (kind === 'ip' || kind === 'ip6') && IP_PROTOCOLS_WITH_PORTS.includes(protocol);
}

/** The Ethernet frame; without IP options, extension headers and fragments. */
export function frameOf(packet: Description): Uint8Array {
  const addresses = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
  return Uint8Array.from([...addresses, ...payload(packet)]);
}

/** `PACKET_*` of linux/if_packet.h. */
export function packetTypeOf({ direction }: Description): number {
  return direction === 'out' ? PACKET_OUTGOING : PACKET_HOST;
}

function payload(packet: Description): number[] {
  const { kind, protocol, source, destination } = packet;
  const transport = [
    ...u16(packet.sourcePort),
    ...u16(packet.destinationPort),
    ...new Array<number>(16).fill(0),
  ];
  switch (kind) {
    case 'ip':
      return [
        ...[8, 0, 0x45, 0, ...u16(20 + transport.length), 0, 0, 0x40, 0, 64, protocol, 0, 0],
        ...source,
        ...destination,
        ...transport,
      ];
    case 'ip6':
      return [
        ...[0x86, 0xdd, 0x60, 0, 0, 0, ...u16(transport.length), protocol, 64],
        ...source,
        ...destination,
        ...transport,
      ];
    case 'arp':
      return [
        ...[8, 6, 0, 1, 8, 0, 6, 4, 0, 1],
        ...[2, 0, 0, 0, 0, 1, ...source],
        ...[0, 0, 0, 0, 0, 0, ...destination],
      ];
    case 'other':
      return [0x88, 0xcc, ...source, ...transport];
  }
}
