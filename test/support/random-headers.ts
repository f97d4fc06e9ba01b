/** The headers of random frames that hold no other headers, and the pools that their values come from. */
import type { Random } from './random.ts';

export const MACS: readonly number[][] = [
  [2, 0, 0, 0, 0, 1],
  [2, 0, 0, 0, 0, 2],
  [2, 0, 0, 0, 0, 3],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x33, 0x33, 0, 0, 0, 0xfb],
];
export const IPV4: readonly number[][] = [
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
export const IPV6: readonly number[][] = [
  ipv6Address([0x2001, 0xdb8], 1),
  ipv6Address([0x2001, 0xdb8, 0, 0x10], 2),
  ipv6Address([0x2001, 0xdb8, 0, 0x17], 3),
  ipv6Address([0x2001, 0xdb9], 1),
  ipv6Address([0xfe80], 1),
  ipv6Address([0xfe80], 0x90),
  ipv6Address([0xff02], 0xfb),
];
export const PORTS: readonly number[] = [
  22, 53, 53, 80, 80, 443, 443, 123, 8000, 8009, 8042, 8100, 8101, 61000, 0, 65535,
];
export const VLAN_IDS: readonly number[] = [0, 1, 100, 100, 100, 200, 200, 4095];
export const TPIDS: readonly number[] = [0x8100, 0x8100, 0x88a8];
export const ETHER_TYPES: readonly number[] = [
  0x8035, 0x8035, 0x88cc, 0x8863, 0x809b, 0x80f3, 0x8137, 0x6004, 0x9000, 0x9100,
];
export const IP = {
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
export const IP6 = {
  ah: 51,
  icmp6: 58,
  none: 59,
  destination: 60,
  ospf: 89,
  pim: 103,
  vrrp: 112,
  sctp: 132,
} as const;
export const GENEVE_PORT = 6081;

export function extensionHeader(random: Random, header: number, next: number): number[] {
  if (header === IP.fragment) {
    return [next, 0, ...u16(random.pick([0, 1, 0x100, 0x2008])), ...random.bytes(4)];
  }
  const units = random.below(3);
  // RFC 4302 counts an authentication header in words of 4 bytes less 2, RFC 8200 the others in 8 less 1.
  const length = header === IP6.ah ? 4 * (units + 2) : 8 * (units + 1);
  return [next, units, ...random.bytes(length - 2)];
}

export function tcp(random: Random): number[] {
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

export function arp(random: Random): number[] {
  return [
    ...[0, 1, 8, 0, 6, 4, 0, random.pick([1, 2])],
    ...random.pick(MACS),
    ...random.pick(IPV4),
    ...random.pick(MACS),
    ...random.pick(IPV4),
  ];
}

export function llc(random: Random): number[] {
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
export function data(random: Random): number[] {
  return random.bytes(random.chance(0.05) ? random.below(1400) : random.below(48));
}

export function u16(value: number): [number, number] {
  return [(value >> 8) & 0xff, value & 0xff];
}

export function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value & 0xffff)];
}

function ipv6Address(network: readonly number[], last: number): number[] {
  const groups = [...network, ...new Array<number>(7 - network.length).fill(0), last];
  return groups.flatMap((group) => u16(group));
}
