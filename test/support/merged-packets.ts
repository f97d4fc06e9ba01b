/**
 * Packets as GRO and GSO make them, each with the packets on the wire that it stands for: what segmentation has to give,
 * worked out the other way round from RFC 9293 and RFC 768, by cutting.
 */
import { Random } from './random.ts';
import { IPV4, IPV6, MACS, PORTS, u16 } from './random-headers.ts';

export interface MergedPacket {
  readonly frame: Uint8Array;
  readonly gsoSize: number;
  readonly gsoSegments: number;
  /** The frames on the wire. */
  readonly segments: readonly Uint8Array[];
}

const TCP = 6;
const UDP = 17;
const GRE = 47;
const IPV4_IN_IP = 4;
const IPV6_IN_IP = 41;
const ETHERNET_IN_IP = 143;
/** What of a merged packet lies further on is left as it is. */
const CHANGED_BYTES = 128;
const FIN = 0x01;
const PSH = 0x08;
/** What the kernel's test runs take. */
const MAX_FRAME_BYTES = 3400;

interface Headers {
  readonly bytes: number[];
  /** The merged packet has the hop-by-hop header of BIG TCP, as it has above 64 KiB. */
  readonly jumbo: boolean;
  readonly network: number;
  readonly transport: number;
  readonly version: 4 | 6;
  readonly protocol: number;
  /** The IP header that a tunnel carries: its length is that of what is merged, in each segment too. */
  readonly inner: { readonly network: number; readonly version: 4 | 6 } | null;
}

/** The merged packets of a seed: TCP and UDP on IPv4 and IPv6, with options, extension headers and tags in the frame. */
export function mergedPackets(seed: number, count: number): MergedPacket[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => mergedPacket(random));
}

function mergedPacket(random: Random): MergedPacket {
  const headers = randomHeaders(random);
  const gsoSize = 60 + random.below(600);
  const most = Math.floor((MAX_FRAME_BYTES - headers.bytes.length) / gsoSize);
  const gsoSegments = 2 + random.below(most - 1);
  const last = random.chance(0.3) ? gsoSize : 1 + random.below(gsoSize);
  // The same in each segment: of payload the kernel knows the first segment's.
  const isOwnTunnel = headers.protocol === UDP && headers.inner === null && random.chance(0.2);
  const payload = isOwnTunnel ? ownTunnel(random, gsoSize) : random.bytes(gsoSize);
  const payloads = Array.from({ length: gsoSegments }, (_, index) =>
    index < gsoSegments - 1 ? payload : payload.slice(0, last),
  );
  const whole = payloads.flat();
  if (headers.inner !== null) setInnerLength(headers, headers.bytes.length + whole.length);
  const merged = frameOf(headers, whole, true);
  return {
    frame: headers.jumbo ? withJumboHeader(headers, merged) : merged,
    gsoSize,
    // A virtual machine's packets come without the number.
    gsoSegments: random.chance(0.2) ? 0 : gsoSegments,
    segments: payloads.map((part, index) => frameOf(headers, part, index === gsoSegments - 1)),
  };
}

function randomHeaders(random: Random): Headers {
  const tunnel = random.chance(0.4) ? random.pick(TUNNELS) : null;
  const bytes = [...random.pick(MACS), ...random.pick(MACS)];
  for (let tags = random.pick([0, 0, 0, 1, 2]); tags > 0; tags--)
    bytes.push(0x81, 0x00, 0x00, random.pick([5, 100]));
  const protocol = tunnel?.protocol ?? random.pick([TCP, UDP]);
  const version = random.pick([4, 6] as const);
  bytes.push(...etherType(version));
  const network = bytes.length;
  bytes.push(...(version === 4 ? ipv4(random, protocol) : ipv6(random, protocol)));
  const transport = bytes.length;
  if (protocol === TCP || protocol === UDP) bytes.push(...transportHeader(random, protocol));
  const jumbo = version === 6 && bytes[network + 6] === TCP && random.chance(0.3);
  if (tunnel === null) return { bytes, jumbo, network, transport, version, protocol, inner: null };
  const carried = tunnel.carries ?? random.pick([4, 6] as const);
  bytes.push(...tunnel.header(random, carried));
  if (tunnel.ethernet) bytes.push(...random.pick(MACS), ...random.pick(MACS), ...etherType(carried));
  const inner = { network: bytes.length, version: carried };
  const innerProtocol = random.pick([TCP, UDP]);
  bytes.push(...(carried === 4 ? ipv4(random, innerProtocol) : ipv6(random, innerProtocol)));
  bytes.push(...transportHeader(random, innerProtocol));
  return { bytes, jumbo, network, transport, version, protocol, inner };
}

/** What stands between the outer headers and those that a tunnel carries. */
interface Tunnel {
  readonly protocol: number;
  readonly header: (random: Random, carries: 4 | 6) => number[];
  readonly ethernet: boolean;
  readonly carries?: 4 | 6;
}

const BRIDGED = [0x65, 0x58];

const TUNNELS: readonly Tunnel[] = [
  // VXLAN, RFC 7348.
  { protocol: UDP, header: (random) => [8, 0, 0, 0, ...random.bytes(3), 0], ethernet: true },
  // Geneve, RFC 8926, with options and without.
  {
    protocol: UDP,
    header: (random) => {
      const words = random.pick([0, 1, 10]);
      return [words, 0, ...BRIDGED, ...random.bytes(3), 0, ...random.bytes(4 * words)];
    },
    ethernet: true,
  },
  {
    protocol: UDP,
    header: (random, carries) => [0, 0, ...etherType(carries), ...random.bytes(3), 0],
    ethernet: false,
  },
  // GRE, RFC 2784 and RFC 2890: bare; with key; with checksum, key and sequence number.
  { protocol: GRE, header: (_, carries) => [0, 0, ...etherType(carries)], ethernet: false },
  { protocol: GRE, header: (random) => [0x20, 0, ...BRIDGED, ...random.bytes(4)], ethernet: true },
  {
    protocol: GRE,
    header: (random, carries) => [0xb0, 0, ...etherType(carries), ...random.bytes(12)],
    ethernet: false,
  },
  { protocol: IPV4_IN_IP, header: () => [], ethernet: false, carries: 4 },
  { protocol: IPV6_IN_IP, header: () => [], ethernet: false, carries: 6 },
  { protocol: ETHERNET_IN_IP, header: () => [], ethernet: true },
];

function etherType(version: 4 | 6): number[] {
  return version === 4 ? [0x08, 0x00] : [0x86, 0xdd];
}

function transportHeader(random: Random, protocol: number): number[] {
  const ports = [...u16(random.pick(PORTS)), ...u16(random.pick(PORTS))];
  return protocol === UDP ? [...ports, 0, 0, ...random.bytes(2)] : tcp(random, ports);
}

/** What a program sends that has made a tunnel of its own: each datagram holds one packet, and the kernel cuts between. */
function ownTunnel(random: Random, length: number): number[] {
  const front = [
    8,
    0,
    0,
    0,
    ...random.bytes(3),
    0,
    ...random.pick(MACS),
    ...random.pick(MACS),
    ...etherType(4),
  ];
  const header = ipv4(random, UDP);
  header.splice(2, 2, ...u16(length - front.length));
  const packet = [...front, ...header, ...transportHeader(random, UDP)];
  return [...packet, ...random.bytes(Math.max(0, length - packet.length))].slice(0, length);
}

function setInnerLength({ bytes, inner }: Headers, end: number): void {
  const { network, version } = inner!;
  const length = end - network - (version === 4 ? 0 : 40);
  bytes.splice(network + (version === 4 ? 2 : 4), 2, ...u16(length));
}

function ipv4(random: Random, protocol: number): number[] {
  const words = random.pick([5, 5, 5, 6, 15]);
  return [
    ...[0x40 | words, 0, 0, 0, ...random.bytes(2), 0x40, 0, 64, protocol, ...random.bytes(2)],
    ...random.pick(IPV4),
    ...random.pick(IPV4),
    ...new Array<number>(4 * (words - 5)).fill(1),
  ];
}

function ipv6(random: Random, protocol: number): number[] {
  const HOP_BY_HOP = 0;
  const DESTINATION_OPTIONS = 60;
  const ROUTING = 43;
  const extensions = random.pick([
    [],
    [],
    [],
    [HOP_BY_HOP],
    [DESTINATION_OPTIONS],
    [HOP_BY_HOP, DESTINATION_OPTIONS],
    [HOP_BY_HOP, DESTINATION_OPTIONS, ROUTING, DESTINATION_OPTIONS],
    [HOP_BY_HOP, ...new Array<number>(7).fill(DESTINATION_OPTIONS)],
  ]);
  const long = random.chance(0.2) ? random.below(extensions.length) : -1;
  const types = [...extensions, protocol];
  return [
    ...[0x60, 0, 0, 0, 0, 0, types[0]!, 64],
    ...random.pick(IPV6),
    ...random.pick(IPV6),
    // PadN fills each: of 4 bytes, or of 124.
    ...extensions.flatMap((_, index) =>
      index === long
        ? [types[index + 1]!, 15, 1, 124, ...new Array<number>(124).fill(0)]
        : [types[index + 1]!, 0, 1, 4, 0, 0, 0, 0],
    ),
  ];
}

function tcp(random: Random, ports: readonly number[]): number[] {
  const words = random.pick([5, 8, 8, 15]);
  const flags = 0x10 | random.pick([0, PSH, PSH, PSH | FIN]);
  const fixed = [...ports, ...random.bytes(8), words << 4, flags, ...random.bytes(4), 0, 0];
  return [...fixed, ...new Array<number>(4 * (words - 5)).fill(1)];
}

function frameOf(headers: Headers, payload: readonly number[], isLast: boolean): Uint8Array {
  const { bytes, network, transport, version, protocol } = headers;
  const frame = Buffer.from([...bytes, ...payload]);
  if (version === 4) frame.writeUInt16BE(frame.length - network, network + 2);
  else frame.writeUInt16BE(frame.length - network - 40, network + 4);
  if (transport + 20 > CHANGED_BYTES) return frame;
  if (protocol === UDP) frame.writeUInt16BE(frame.length - transport, transport + 4);
  else if (!isLast) frame[transport + 13]! &= ~(FIN | PSH);
  return frame;
}

/** RFC 2675: the payload length is 0 and stands in an option. */
function withJumboHeader({ network }: Headers, frame: Uint8Array): Uint8Array {
  const [front, rest] = [Buffer.from(frame.subarray(0, network + 40)), frame.subarray(network + 40)];
  const header = Buffer.from([front[network + 6]!, 0, 0xc2, 4, 0, 0, 0, 0]);
  header.writeUInt32BE(rest.length + header.length, 4);
  front.writeUInt16BE(0, network + 4);
  front[network + 6] = 0;
  return Buffer.concat([front, header, rest]);
}
