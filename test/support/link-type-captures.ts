/** Capture files of link types and byte orders that this machine's interfaces do not make. */
import { packetMix } from './packet-mix.ts';

// LINKTYPE_* of tcpdump.org
export const LINKTYPE = { null: 0, raw: 101, loop: 108, radiotap: 127, ppi: 192, unknown: 9999 } as const;

/** Which way the numbers of a file stand. */
export type ByteOrder = 'little' | 'big';

/** AF_INET6 of NetBSD and OpenBSD, FreeBSD, and macOS: libpcap takes all of them. */
const AF_INET6 = [24, 28, 30] as const;
const AF_INET = 2;
const ETHERNET_HEADER_BYTES = 14;

/** A pcap file (pcap-savefile(5)), a millisecond between its packets. */
export function pcapOfLinkType(linkType: number, packets: readonly Buffer[], order: ByteOrder): Buffer {
  const header = Buffer.alloc(24);
  const write16 = (value: number, at: number) =>
    order === 'big' ? header.writeUInt16BE(value, at) : header.writeUInt16LE(value, at);
  write32(header, 0xa1b2c3d4, 0, order);
  write16(2, 4);
  write16(4, 6);
  write32(header, 65_535, 16, order);
  write32(header, linkType, 20, order);
  const records = packets.flatMap((packet, index) => {
    const record = Buffer.alloc(16);
    write32(record, 1_700_000_000, 0, order);
    write32(record, 1000 * index, 4, order);
    write32(record, packet.length, 8, order);
    write32(record, packet.length, 12, order);
    return [record, packet];
  });
  return Buffer.concat([header, ...records]);
}

/** The IP packets of the mix as BSD and macOS capture them on loopback: behind their address family. */
export function loopbackPackets(linkType: 'null' | 'loop', order: ByteOrder): Buffer[] {
  return ipPackets().map((packet, index) => {
    const family = Buffer.alloc(4);
    const value = packet[0]! >> 4 === 4 ? AF_INET : AF_INET6[index % AF_INET6.length]!;
    // DLT_LOOP has it in network order, DLT_NULL in that of the machine.
    write32(family, value, 0, linkType === 'loop' ? 'big' : order);
    return Buffer.concat([family, packet]);
  });
}

/** The IP packets of the mix without a link layer. */
export function ipPackets(): Buffer[] {
  return packetMix()
    .filter((frame) => [0x0800, 0x86dd].includes(frame.readUInt16BE(12)))
    .map((frame) => frame.subarray(ETHERNET_HEADER_BYTES));
}

/** A beacon of IEEE 802.11 behind the shortest header of radiotap, or of PPI. */
export function beacon(linkType: 'radiotap' | 'ppi'): Buffer {
  const header = Buffer.from(linkType === 'radiotap' ? '0000080000000000' : '0000080069000000', 'hex');
  return Buffer.concat([
    header,
    Buffer.from('80000000ffffffffffff020000000001020000000001', 'hex'),
    Buffer.alloc(20),
  ]);
}

function write32(bytes: Buffer, value: number, at: number, order: ByteOrder): void {
  if (order === 'big') bytes.writeUInt32BE(value, at);
  else bytes.writeUInt32LE(value, at);
}
