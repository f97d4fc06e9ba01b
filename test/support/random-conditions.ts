/** Random conditions of a filter, packets that come near them, and what the one says of the other without any expression. */
import type { FilterConditions, PortRange, ProtocolName } from '@ifcast/filter';
import fc from 'fast-check';

import { type Description, hasPorts } from './described-packets.ts';

/** An address or a network, and the bits that it means. */
interface Network {
  readonly text: string;
  readonly bytes: readonly number[];
  readonly prefix: number;
}

/** As `FilterConditions`, which {@link conditionsOf} makes of it. */
export interface RandomConditions {
  readonly proto: ProtocolName;
  readonly direction: 'in' | 'out' | undefined;
  readonly ip: readonly Network[] | undefined;
  readonly srcIp: readonly Network[] | undefined;
  readonly dstIp: readonly Network[] | undefined;
  readonly port: readonly PortRange[] | undefined;
  readonly srcPort: readonly PortRange[] | undefined;
  readonly dstPort: readonly PortRange[] | undefined;
}

const IP_PROTOCOL: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132, icmp: 1, icmp6: 58 };

const byte = fc.oneof(fc.constantFrom(0, 1, 10, 255), fc.nat(255));
const group = fc.oneof(fc.constantFrom(0, 0xabcd), fc.nat(0xffff));
const address4 = fc.oneof(
  fc.constantFrom<number[]>([10, 0, 0, 1], [10, 0, 0, 2], [10, 0, 1, 1], [192, 168, 1, 1], [0, 0, 0, 0]),
  fc.array(byte, { minLength: 4, maxLength: 4 }),
);
const address6 = fc
  .oneof(
    fc.constantFrom<number[]>(
      [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1],
      [0x2001, 0xdb8, 0, 0, 0, 0, 0, 2],
      [0x2001, 0xdb8, 0, 1, 0, 0, 1, 0],
      [0xfe80, 0, 0, 0, 0, 0, 0, 1],
      [0, 0, 0, 0, 0, 0xffff, 0x0a00, 1],
      [0, 0, 0, 0, 0, 0, 0, 0],
    ),
    fc.array(group, { minLength: 8, maxLength: 8 }),
  )
  .map((groups) => groups.flatMap((value) => [value >> 8, value & 0xff]));

const network: fc.Arbitrary<Network> = fc
  .tuple(fc.oneof(address4, address6), fc.option(fc.nat(128), { freq: 2 }), fc.nat(3))
  .map(([address, wantedPrefix, style]) => {
    const bits = address.length * 8;
    const prefix = wantedPrefix === null ? bits : wantedPrefix % (bits + 1);
    const bytes = address.map((value, index) => value & maskByte(prefix - 8 * index));
    const text = bytes.length === 4 ? bytes.join('.') : ipv6Text(bytes, style);
    return { text: wantedPrefix === null ? text : `${text}/${prefix}`, bytes, prefix };
  });

const port = fc.oneof(fc.constantFrom(22, 53, 80, 443, 8050), fc.nat(65535));
const portRange: fc.Arbitrary<PortRange> = fc.oneof(
  port,
  fc.tuple(port, port).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
);

const portProtocol = fc.constantFrom<ProtocolName>('any', 'tcp', 'udp', 'sctp');
const protocol = fc.oneof(
  portProtocol,
  fc.constantFrom<ProtocolName>('icmp', 'icmp6', 'arp', 'ip', 'ip6', 'any', 1, 6, 17, 47, 58, 132),
  fc.nat(255),
);

/** Any conditions that a configuration may have. */
export const randomConditions: fc.Arbitrary<RandomConditions> = fc
  .record({
    direction: sometimes(fc.constantFrom('in', 'out')),
    ip: sometimes(listOf(network)),
    srcIp: sometimes(listOf(network)),
    dstIp: sometimes(listOf(network)),
    port: sometimes(listOf(portRange)),
    srcPort: sometimes(listOf(portRange)),
    dstPort: sometimes(listOf(portRange)),
    protocol,
    portProtocol,
  })
  .map(({ protocol, portProtocol, ...rest }) => {
    const withPorts = [rest.port, rest.srcPort, rest.dstPort].some((list) => list !== undefined);
    return { ...rest, proto: withPorts ? portProtocol : protocol };
  });

/** The conditions as the filter package takes them. */
export function conditionsOf(filter: RandomConditions): FilterConditions {
  const texts = (list: readonly Network[] | undefined): string[] | undefined => list?.map(({ text }) => text);
  const lists = { ip: texts(filter.ip), srcIp: texts(filter.srcIp), dstIp: texts(filter.dstIp) };
  const present = Object.entries({ ...filter, ...lists }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as FilterConditions;
}

/** Packets whose addresses, ports and protocol are mostly those of the filter, or just beside them. */
export function packetsNear(filter: RandomConditions): fc.Arbitrary<Description> {
  const named = [...(filter.srcIp ?? []), ...(filter.dstIp ?? []), ...(filter.ip ?? [])];
  const version4 = nearAddress(named, 4, address4);
  const version6 = nearAddress(named, 16, address6);
  const ranges = [...(filter.srcPort ?? []), ...(filter.dstPort ?? []), ...(filter.port ?? [])];
  const wanted = IP_PROTOCOL[filter.proto] ?? (typeof filter.proto === 'number' ? filter.proto : 6);
  const rest = {
    direction: fc.constantFrom('in' as const, 'out' as const),
    protocol: fc.oneof({ weight: 3, arbitrary: fc.constant(wanted) }, fc.constantFrom(1, 6, 17, 58, 132)),
    sourcePort: nearPort(ranges),
    destinationPort: nearPort(ranges),
  };
  const kinds = fc.constantFrom<Description['kind']>('ip', 'ip', 'ip6', 'ip6', 'arp', 'other');
  return kinds.chain((kind) => {
    const address = kind === 'ip6' ? version6 : version4;
    return fc.record({ kind: fc.constant(kind), source: address, destination: address, ...rest });
  });
}

/** Whether the packet is one that the conditions mean. */
export function isMeant(filter: RandomConditions, packet: Description): boolean {
  const { source, destination, sourcePort, destinationPort } = packet;
  const isIn = (list: readonly Network[] | undefined, ...addresses: (readonly number[])[]): boolean =>
    list === undefined ||
    (packet.kind !== 'other' && list.some((one) => addresses.some((address) => contains(one, address))));
  const hasPort = (list: readonly PortRange[] | undefined, ...numbers: number[]): boolean =>
    list === undefined ||
    (hasPorts(packet) && list.some((range) => numbers.some((number) => includes(range, number))));
  return (
    (filter.direction === undefined || filter.direction === packet.direction) &&
    isOfProtocol(filter.proto, packet) &&
    isIn(filter.srcIp, source) &&
    isIn(filter.dstIp, destination) &&
    isIn(filter.ip, source, destination) &&
    hasPort(filter.srcPort, sourcePort) &&
    hasPort(filter.dstPort, destinationPort) &&
    hasPort(filter.port, sourcePort, destinationPort)
  );
}

function isOfProtocol(proto: ProtocolName, { kind, protocol }: Description): boolean {
  switch (proto) {
    case 'any':
      return true;
    case 'ip':
    case 'ip6':
    case 'arp':
      return kind === proto;
    case 'icmp':
      return kind === 'ip' && protocol === 1;
    case 'icmp6':
      return kind === 'ip6' && protocol === 58;
    default:
      return (kind === 'ip' || kind === 'ip6') && protocol === (IP_PROTOCOL[proto] ?? proto);
  }
}

function contains({ bytes, prefix }: Network, address: readonly number[]): boolean {
  return (
    address.length === bytes.length && binary(address).slice(0, prefix) === binary(bytes).slice(0, prefix)
  );
}

function binary(bytes: readonly number[]): string {
  return bytes.map((value) => value.toString(2).padStart(8, '0')).join('');
}

function includes(range: PortRange, number: number): boolean {
  return typeof range === 'number' ? range === number : range.from <= number && number <= range.to;
}

function nearAddress(
  named: readonly Network[],
  size: number,
  other: fc.Arbitrary<number[]>,
): fc.Arbitrary<readonly number[]> {
  const same = named.map(({ bytes }) => bytes).filter((bytes) => bytes.length === size);
  if (same.length === 0) return other;
  const oneBitOff = fc
    .tuple(fc.constantFrom(...same), fc.nat(size * 8 - 1))
    .map(([bytes, bit]) =>
      bytes.map((value, index) => (index === bit >> 3 ? value ^ (0x80 >> (bit & 7)) : value)),
    );
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...same) }, oneBitOff, other);
}

function nearPort(ranges: readonly PortRange[]): fc.Arbitrary<number> {
  const edges = ranges.flatMap((range) =>
    typeof range === 'number' ? [range, range] : [range.from - 1, range.from, range.to, range.to + 1],
  );
  const valid = edges.filter((edge) => edge >= 0 && edge <= 65535);
  if (valid.length === 0) return port;
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...valid) }, port);
}

/** One of the ways to write an address down. */
function ipv6Text(bytes: readonly number[], style: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[2 * index]! << 8) | bytes[2 * index + 1]!);
  const hex = groups.map((value) => value.toString(16));
  switch (style) {
    case 0:
      return hex.join(':');
    case 1:
      return hex.map((digits) => digits.padStart(4, '0').toUpperCase()).join(':');
    case 2:
      return `${hex.slice(0, 6).join(':')}:${bytes.slice(12).join('.')}`;
    default:
      // The longest run of zeros becomes `::`, as in RFC 5952.
      return new URL(`http://[${hex.join(':')}]/`).hostname.slice(1, -1);
  }
}

/** A byte with as many leading ones as there are bits of the prefix left. */
function maskByte(bits: number): number {
  return 0xff & ~(0xff >> Math.min(8, Math.max(0, bits)));
}

function listOf<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(one, { minLength: 1, maxLength: 3 });
}

function sometimes<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}
