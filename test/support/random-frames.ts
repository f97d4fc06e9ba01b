/**
 * Random Ethernet frames that are mostly plausible: addresses, ports and tags come from small pools, so that real
 * expressions match some of them. The same seed gives the same frames.
 */
import type { PacketInfo } from '@ifcast/filter';

/** A frame as the kernel hands it over: the outer 802.1Q tag lifted out into `info.vlan`. */
export interface RandomFrame {
  /** What was captured: `info.wireLength` bytes, or fewer. */
  readonly frame: Uint8Array;
  readonly info: PacketInfo;
}

/** A small generator of pseudo-random numbers. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 … 2^32-1, by mulberry32. */
  uint32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** 0 … bound-1. */
  below(bound: number): number {
    return this.uint32() % bound;
  }

  chance(probability: number): boolean {
    return this.uint32() < probability * 2 ** 32;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  bytes(length: number): number[] {
    return Array.from({ length }, () => this.uint32() & 0xff);
  }
}

const MACS: readonly number[][] = [
  [2, 0, 0, 0, 0, 1],
  [2, 0, 0, 0, 0, 2],
  [2, 0, 0, 0, 0, 3],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x33, 0x33, 0, 0, 0, 0xfb],
];
const IPV4: readonly number[][] = [
  [10, 0, 0, 1],
  [10, 0, 0, 2],
  [10, 0, 3, 5],
  [192, 168, 1, 1],
  [192, 168, 1, 20],
  [192, 168, 200, 1],
  [8, 8, 8, 8],
  [224, 0, 0, 251],
  [255, 255, 255, 255],
];
const IPV6: readonly number[][] = [
  ipv6Address([0x2001, 0xdb8], 1),
  ipv6Address([0x2001, 0xdb8, 0, 0x10], 2),
  ipv6Address([0x2001, 0xdb8, 0, 0x17], 3),
  ipv6Address([0x2001, 0xdb9], 1),
  ipv6Address([0xfe80], 1),
  ipv6Address([0xfe80], 0x90),
  ipv6Address([0xff02], 0xfb),
];
const PORTS: readonly number[] = [
  22, 53, 53, 80, 80, 443, 443, 123, 8000, 8009, 8042, 8100, 8101, 61000, 0, 65535,
];
const VLAN_IDS: readonly number[] = [0, 1, 100, 100, 100, 200, 200, 4095];
const TPIDS: readonly number[] = [0x8100, 0x8100, 0x88a8];
const ETHER_TYPES: readonly number[] = [
  0x8035, 0x88cc, 0x8863, 0x809b, 0x80f3, 0x8137, 0x6004, 0x9000, 0x9100,
];
const IP = {
  hopByHop: 0,
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  routing: 43,
  fragment: 44,
  gre: 47,
  esp: 50,
} as const;
const IP6 = {
  ah: 51,
  icmp6: 58,
  none: 59,
  destination: 60,
  ospf: 89,
  pim: 103,
  vrrp: 112,
  sctp: 132,
} as const;
const GENEVE_PORT = 6081;

/** The frames of a seed. */
export function randomFrames(seed: number, count: number): RandomFrame[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => randomFrame(random));
}

/** The next frame of a generator. */
export function randomFrame(random: Random): RandomFrame {
  const noise = random.chance(0.04);
  const bytes = noise ? random.bytes(random.below(150)) : ethernet(random, 0);
  if (random.chance(0.2)) mutate(random, bytes);
  if (random.chance(0.1)) bytes.length = random.below(bytes.length + 1);
  else if (bytes.length < 60 && random.chance(0.5))
    bytes.push(...new Array<number>(60 - bytes.length).fill(0));
  const frame = Uint8Array.from(bytes);
  // Now and then the capture kept less than there was on the wire.
  const wireLength = frame.length + (random.chance(0.1) ? random.below(1500) : 0);
  const info: PacketInfo = {
    wireLength,
    packetType: random.pick([0, 0, 0, 1, 2, 3, 4, 4, 4]),
    protocol: frame.length < 14 ? 0 : (frame[12]! << 8) | frame[13]!,
    ifindex: random.below(4),
    vlan: random.chance(0.2)
      ? { tci: (random.below(16) << 12) | random.pick(VLAN_IDS), tpid: random.pick(TPIDS) }
      : null,
  };
  return { frame, info };
}

function mutate(random: Random, bytes: number[]): void {
  for (let times = 1 + random.below(4); times > 0 && bytes.length > 0; times--) {
    // Most bytes that decide stand at the front.
    const at = random.below(random.chance(0.7) ? Math.min(bytes.length, 64) : bytes.length);
    bytes[at] = random.chance(0.3) ? random.pick([0, 1, 0x7f, 0x80, 0xff]) : random.below(256);
  }
}

function ethernet(random: Random, depth: number): number[] {
  const addresses = [...random.pick(MACS), ...random.pick(MACS)];
  const [type, payload] = typed(random, depth);
  return [...addresses, ...u16(type), ...payload];
}

/** An EtherType (or a length) and what follows it. */
function typed(random: Random, depth: number): [number, number[]] {
  const kind = random.below(100);
  if (kind < 40) return [0x0800, ipv4(random, depth)];
  if (kind < 62) return [0x86dd, ipv6(random, depth)];
  if (kind < 69) return [0x0806, arp(random)];
  if (kind < 82) {
    const [type, payload] = typed(random, depth);
    const tci = (random.below(16) << 12) | random.pick(VLAN_IDS);
    return [random.pick(TPIDS), [...u16(tci), ...u16(type), ...payload]];
  }
  if (kind < 88) return [random.pick([0x8847, 0x8847, 0x8848]), mpls(random, depth)];
  if (kind < 93) return [0x8864, pppoe(random, depth)];
  if (kind < 97) {
    const payload = llc(random);
    return [payload.length, payload];
  }
  return [random.pick(ETHER_TYPES), random.bytes(random.below(80))];
}

function ipv4(random: Random, depth: number): number[] {
  const words = random.chance(0.8) ? 5 : 5 + random.below(11);
  const protocols = [
    IP.icmp,
    IP.igmp,
    IP.gre,
    IP.esp,
    IP6.ah,
    IP6.pim,
    IP6.vrrp,
    IP6.sctp,
    random.below(256),
  ];
  const protocol = random.chance(0.7) ? random.pick([IP.tcp, IP.tcp, IP.udp]) : random.pick(protocols);
  const payload = transport(random, protocol, depth);
  const length = random.chance(0.9) ? 4 * words + payload.length : random.below(65536);
  const fragment = random.pick([
    0,
    0,
    0,
    0x4000,
    0x4000,
    0x2000,
    0x2000 | random.below(0x2000),
    random.below(0x2000),
  ]);
  return [
    ...[(random.chance(0.97) ? 0x40 : random.below(16) << 4) | words, random.pick([0, 0, 0x10, 0xb8])],
    ...u16(length),
    ...u16(random.below(65536)),
    ...u16(fragment),
    ...[random.pick([64, 64, 1, 128, 255, 0]), protocol],
    ...u16(random.below(65536)),
    ...random.pick(IPV4),
    ...random.pick(IPV4),
    ...random.bytes(4 * (words - 5)),
    ...payload,
  ];
}

function ipv6(random: Random, depth: number): number[] {
  const last = random.pick([
    IP.tcp,
    IP.tcp,
    IP.udp,
    IP.udp,
    IP6.icmp6,
    IP6.icmp6,
    IP6.sctp,
    IP6.ospf,
    IP6.none,
  ]);
  let next: number = last;
  let payload = transport(random, last, depth);
  for (let headers = random.chance(0.6) ? 0 : 1 + random.below(3); headers > 0; headers--) {
    const header = random.pick([IP.hopByHop, IP.routing, IP.fragment, IP.fragment, IP6.destination, IP6.ah]);
    payload = [...extensionHeader(random, header, next), ...payload];
    next = header;
  }
  return [
    ...[0x60 | random.pick([0, 0, random.below(16)]), random.pick([0, 0, random.below(256)])],
    ...random.bytes(2),
    ...u16(random.chance(0.9) ? payload.length : random.below(65536)),
    ...[next, random.pick([64, 64, 1, 255])],
    ...random.pick(IPV6),
    ...random.pick(IPV6),
    ...payload,
  ];
}

function extensionHeader(random: Random, header: number, next: number): number[] {
  if (header === IP.fragment) {
    return [next, 0, ...u16(random.pick([0, 1, 0x100, 0x2008])), ...random.bytes(4)];
  }
  const units = random.below(3);
  // RFC 4302 counts an authentication header in words of 4 bytes less 2, RFC 8200 the others in 8 less 1.
  const length = header === IP6.ah ? 4 * (units + 2) : 8 * (units + 1);
  return [next, units, ...random.bytes(length - 2)];
}

function transport(random: Random, protocol: number, depth: number): number[] {
  switch (protocol) {
    case IP.tcp:
      return tcp(random);
    case IP.udp:
      return udp(random, depth);
    case IP.icmp:
      return [random.pick([0, 3, 8, 11]), random.pick([0, 1, 4]), ...random.bytes(6), ...data(random)];
    case IP6.icmp6:
      return [random.pick([1, 128, 128, 129, 133, 135, 136]), 0, ...random.bytes(6), ...data(random)];
    case IP6.sctp:
      return [...u16(random.pick(PORTS)), ...u16(random.pick(PORTS)), ...random.bytes(8), ...data(random)];
    default:
      return data(random);
  }
}

function tcp(random: Random): number[] {
  const words = random.chance(0.6) ? 5 : 5 + random.below(11);
  return [
    ...u16(random.pick(PORTS)),
    ...u16(random.pick(PORTS)),
    ...random.bytes(8),
    ...[words << 4, random.pick([2, 2, 0x12, 0x10, 0x18, 0x11, 4, random.below(256)])],
    ...u16(random.pick([0, 512, 8192, 65535])),
    ...random.bytes(4 + 4 * (words - 5)),
    ...(random.chance(0.2) ? [0x47, 0x45, 0x54, 0x20] : []),
    ...data(random),
  ];
}

function udp(random: Random, depth: number): number[] {
  const tunnel = depth < 2 && random.chance(0.15);
  const payload = tunnel ? geneve(random, depth + 1) : data(random);
  const destination = tunnel ? GENEVE_PORT : random.pick(PORTS);
  return [
    ...u16(random.pick(PORTS)),
    ...u16(destination),
    ...u16(payload.length + 8),
    ...random.bytes(2),
    ...payload,
  ];
}

/** RFC 8926. */
function geneve(random: Random, depth: number): number[] {
  const words = random.pick([0, 0, 1, 4]);
  const [type, payload] = random.pick([
    (): [number, number[]] => [0x6558, ethernet(random, depth)],
    (): [number, number[]] => [0x0800, ipv4(random, depth)],
    (): [number, number[]] => [0x86dd, ipv6(random, depth)],
  ])();
  return [words, 0, ...u16(type), 0, 0, random.pick([5, 5, 6]), 0, ...random.bytes(4 * words), ...payload];
}

function arp(random: Random): number[] {
  return [
    ...[0, 1, 8, 0, 6, 4, 0, random.pick([1, 2])],
    ...random.pick(MACS),
    ...random.pick(IPV4),
    ...random.pick(MACS),
    ...random.pick(IPV4),
  ];
}

function mpls(random: Random, depth: number): number[] {
  const labels = 1 + random.below(2);
  const stack = Array.from({ length: labels }, (_, index) => {
    const bottom = index === labels - 1 ? 0x100 : 0;
    return u32((random.pick([1000, 1000, 16, 17]) << 12) | bottom | 64);
  });
  return [...stack.flat(), ...(random.chance(0.7) ? ipv4(random, depth) : ipv6(random, depth))];
}

function pppoe(random: Random, depth: number): number[] {
  const [protocol, payload] = random.chance(0.7)
    ? [0x0021, ipv4(random, depth)]
    : [0x0057, ipv6(random, depth)];
  const session = random.pick([17, 17, 18]);
  return [0x11, 0, ...u16(session), ...u16(payload.length + 2), ...u16(protocol), ...payload];
}

function llc(random: Random): number[] {
  const sap = random.pick([
    [0x42, 0x42, 3],
    [0xfe, 0xfe, 3, random.pick([0x81, 0x82, 0x83])],
    [0xe0, 0xe0, 3],
    [0xaa, 0xaa, 3, 0, 0, 0, ...u16(random.pick([0x0800, 0x8137]))],
    [0xaa, 0xaa, 3, 8, 0, 7, 0x80, 0x9b],
    [0xff, 0xff, 0],
    [0x06, 0x06, random.pick([1, 5, 0])],
  ]);
  return [...sap, ...random.bytes(20 + random.below(40))];
}

/** Mostly short, so that a test stays quick. */
function data(random: Random): number[] {
  return random.bytes(random.chance(0.05) ? random.below(1400) : random.below(48));
}

function u16(value: number): [number, number] {
  return [(value >> 8) & 0xff, value & 0xff];
}

function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value & 0xffff)];
}

function ipv6Address(network: readonly number[], last: number): number[] {
  const groups = [...network, ...new Array<number>(7 - network.length).fill(0), last];
  return groups.flatMap((group) => u16(group));
}
