/**
 * A deterministic mix of packets, one of each kind at each size: what the counts of every backend are compared on. The
 * destination address belongs to nobody, so that no network stack answers.
 */
const TO = Buffer.from('020000007799', 'hex');
const FROM = Buffer.from('020000007701', 'hex');
const BROADCAST = Buffer.from('ffffffffffff', 'hex');
const MULTICAST = Buffer.from('01005e000001', 'hex');

const IPV4 = { src: [192, 0, 2, 1], dst: [198, 51, 100, 7] };
const IPV6 = { src: '20010db8000000000000000000000001', dst: '20010db8000000000000000000000007' };

/** Both sides of every edge of the default buckets, and the smallest and largest frame. */
export const EDGE_SIZES: readonly number[] = [
  60, 64, 65, 127, 128, 255, 256, 511, 512, 1023, 1024, 1512, 1513, 1514,
];

/** The kinds of a household's traffic, for the sample capture. */
export const HOUSEHOLD = {
  download: (size: number): Buffer => ethernet(0x0800, ipv4(6, tcp(443, 40_010)), size),
  acknowledgement: (): Buffer => ethernet(0x0800, ipv4(6, tcp(40_010, 443)), 66),
  call: (size: number): Buffer => ethernet(0x86dd, ipv6(17, udp(443, 40_011)), size),
  dns: (size: number): Buffer => ethernet(0x0800, ipv4(17, udp(53, 40_012)), size),
  ping: (): Buffer => ethernet(0x0800, ipv4(1, Buffer.from([8, 0, 0, 0, 0, 1, 0, 1])), 98),
  arp: (): Buffer => ethernet(0x0806, arp(1), 60, BROADCAST),
} as const;

/** The frames of the mix, without FCS. */
export function packetMix(): Buffer[] {
  const frames: Buffer[] = [];
  for (const size of EDGE_SIZES) {
    for (const port of [53, 80, 443, 8080]) {
      frames.push(ethernet(0x0800, ipv4(6, tcp(40_000 + port, port)), size));
      frames.push(ethernet(0x0800, ipv4(17, udp(port, 50_000)), size));
    }
    if (size >= 74) frames.push(ethernet(0x86dd, ipv6(6, tcp(443, 40_001)), size));
    frames.push(ethernet(0x86dd, ipv6(17, udp(5353, 5353)), Math.max(size, 62)));
    frames.push(ethernet(0x0800, ipv4(1, Buffer.from([8, 0, 0, 0, 0, 1, 0, 1])), size));
    frames.push(ethernet(0x86dd, ipv6(58, Buffer.from([128, 0, 0, 0, 0, 1, 0, 1])), Math.max(size, 62)));
    frames.push(ethernet(0x0800, ipv4(132, sctp(3868, 3868)), size));
    frames.push(ethernet(0x8100, vlan(100, 0x0800, ipv4(6, tcp(443, 40_002))), Math.min(size + 4, 1518)));
    frames.push(ethernet(0x8100, vlan(200, 0x86dd, ipv6(17, udp(443, 40_003))), Math.max(size, 66)));
    frames.push(ethernet(0x0800, ipv4(17, udp(53, 53)), size, BROADCAST));
    frames.push(ethernet(0x0800, ipv4(2, Buffer.from('1100ee9b00000000', 'hex')), size, MULTICAST));
    frames.push(
      ethernet(
        0x0800,
        ipv4(6, tcp(22, 40_004), { options: Buffer.from('0101010101010100', 'hex') }),
        Math.max(size, 62),
      ),
    );
    frames.push(ethernet(0x0800, ipv4(17, udp(53, 40_005), { fragment: 0x2000 }), size));
    frames.push(ethernet(0x0800, ipv4(17, Buffer.alloc(8), { fragment: 0x00b9 }), size));
  }
  frames.push(ethernet(0x88a8, vlan(300, 0x8100, vlan(100, 0x0800, ipv4(6, tcp(80, 40_006)))), 68));
  frames.push(
    ethernet(0x86dd, ipv6(0, Buffer.concat([Buffer.from('0600050200000000', 'hex'), tcp(443, 40_007)])), 82),
  );
  frames.push(
    ethernet(0x86dd, ipv6(44, Buffer.concat([Buffer.from('1100000100000001', 'hex'), udp(53, 53)])), 78),
  );
  frames.push(
    ethernet(0x0806, arp(1), 60, BROADCAST),
    ethernet(0x0806, arp(2), 60),
    ethernet(0x0806, arp(1), 42),
  );
  frames.push(
    ethernet(0x8847, Buffer.concat([Buffer.from('00064140', 'hex'), ipv4(6, tcp(80, 40_008))]), 64),
  );
  frames.push(
    ethernet(0x88cc, Buffer.from('0207040200000077', 'hex'), 60),
    ethernet(0x0003, Buffer.from('42420300', 'hex'), 60),
  );
  return frames;
}

/** A pcap file (microseconds, LINKTYPE_ETHERNET), the packets `intervalUs` apart. */
export function pcapFile(frames: readonly Buffer[], intervalUs = 1000): Buffer {
  return timedPcapFile(frames.map((frame, index) => ({ frame, offsetUs: index * intervalUs })));
}

/** A pcap file with a time for each packet, of which it holds at most `snaplen` bytes. */
export function timedPcapFile(
  packets: readonly { readonly frame: Buffer; readonly offsetUs: number }[],
  snaplen = 65_535,
): Buffer {
  const header = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
  return Buffer.concat([
    header,
    ...packets.flatMap(({ frame, offsetUs }) => {
      const captured = frame.subarray(0, snaplen);
      return [recordHeader(offsetUs, captured.length, frame.length), captured];
    }),
  ]);
}

/** The same packets as pcapng: one section, one interface, enhanced packet blocks (draft-ietf-opsawg-pcapng). */
export function pcapngFile(frames: readonly Buffer[], intervalUs = 1000): Buffer {
  const section = block(0x0a0d0d0a, Buffer.from('4d3c2b1a01000000ffffffffffffffff', 'hex'));
  const iface = block(1, Buffer.from('0100000000000000', 'hex'));
  const packets = frames.map((frame, index) => {
    const head = Buffer.alloc(20);
    head.writeBigUInt64LE(swapWords(BigInt(START_US + index * intervalUs)), 4);
    head.writeUInt32LE(frame.length, 12);
    head.writeUInt32LE(frame.length, 16);
    return block(6, Buffer.concat([head, frame, Buffer.alloc(-frame.length & 3)]));
  });
  return Buffer.concat([section, iface, ...packets]);
}

const START_US = 1_700_000_000 * 1e6;

function recordHeader(offsetUs: number, captured: number, length: number): Buffer {
  const header = Buffer.alloc(16);
  const us = START_US + offsetUs;
  header.writeUInt32LE(Math.floor(us / 1e6), 0);
  header.writeUInt32LE(us % 1e6, 4);
  header.writeUInt32LE(captured, 8);
  header.writeUInt32LE(length, 12);
  return header;
}

function block(type: number, body: Buffer): Buffer {
  const length = 12 + body.length;
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(length, 0);
  return Buffer.concat([head, body, tail]);
}

/** pcapng stores the upper half of a timestamp first. */
function swapWords(value: bigint): bigint {
  return ((value & 0xffff_ffffn) << 32n) | (value >> 32n);
}

/** A frame of exactly `size` bytes; the network header's own length is set to what follows the Ethernet header. */
function ethernet(type: number, payload: Buffer, size: number, to = TO): Buffer {
  const frame = Buffer.alloc(Math.max(size, 14 + payload.length));
  to.copy(frame, 0);
  FROM.copy(frame, 6);
  frame.writeUInt16BE(type, 12);
  payload.copy(frame, 14);
  setLength(frame, type, 14);
  return frame;
}

function setLength(frame: Buffer, type: number, at: number): void {
  if (type === 0x8100 || type === 0x88a8) setLength(frame, frame.readUInt16BE(at + 2), at + 4);
  if (type === 0x0800) frame.writeUInt16BE(frame.length - at, at + 2);
  if (type === 0x86dd) frame.writeUInt16BE(frame.length - at - 40, at + 4);
}

function vlan(id: number, type: number, payload: Buffer): Buffer {
  const tag = Buffer.alloc(4);
  tag.writeUInt16BE(id, 0);
  tag.writeUInt16BE(type, 2);
  return Buffer.concat([tag, payload]);
}

function ipv4(protocol: number, payload: Buffer, more: { options?: Buffer; fragment?: number } = {}): Buffer {
  const options = more.options ?? Buffer.alloc(0);
  const header = Buffer.alloc(20 + options.length);
  header.writeUInt8(0x40 | (header.length / 4), 0);
  header.writeUInt16BE(more.fragment ?? 0x4000, 6);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocol, 9);
  header.set(IPV4.src, 12);
  header.set(IPV4.dst, 16);
  options.copy(header, 20);
  return Buffer.concat([header, payload]);
}

function ipv6(nextHeader: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(0x60, 0);
  header.writeUInt8(nextHeader, 6);
  header.writeUInt8(64, 7);
  return Buffer.concat([header, Buffer.from(IPV6.src + IPV6.dst, 'hex'), payload]);
}

function tcp(from: number, to: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  header.writeUInt8(0x50, 12);
  header.writeUInt8(to === 80 ? 0x02 : 0x18, 13);
  return header;
}

function udp(from: number, to: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  header.writeUInt16BE(8, 4);
  return header;
}

function sctp(from: number, to: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  return header;
}

function arp(operation: number): Buffer {
  const packet = Buffer.from('0001080006040000', 'hex');
  packet.writeUInt16BE(operation, 6);
  return Buffer.concat([packet, FROM, Buffer.from(IPV4.src), TO, Buffer.from(IPV4.dst)]);
}
