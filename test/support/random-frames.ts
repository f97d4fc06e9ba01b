/**
 * Random Ethernet frames that are mostly plausible: addresses, ports and tags come from small pools, so that real
 * expressions match some of them. The same seed gives the same frames.
 */
import type { PacketInfo } from '@ifcast/filter';

import { Random } from './random.ts';
import {
  arp,
  data,
  ETHER_TYPES,
  extensionHeader,
  GENEVE_PORT,
  IP,
  IP6,
  IPV4,
  IPV6,
  llc,
  MACS,
  PORTS,
  TPIDS,
  tcp,
  u16,
  u32,
  VLAN_IDS,
} from './random-headers.ts';

/** A frame as the kernel hands it over: the outer 802.1Q tag lifted out into `info.vlan`. */
export interface RandomFrame {
  /** What was captured: `info.untaggedLength` bytes, or fewer. */
  readonly frame: Uint8Array;
  readonly info: PacketInfo;
}

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
  const untaggedLength = frame.length + (random.chance(0.1) ? random.below(1500) : 0);
  const info: PacketInfo = {
    untaggedLength,
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
