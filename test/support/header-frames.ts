/** Well-formed Ethernet frames whose headers are many, long or odd: what a walk over headers has to find its way through. */
import type { Random } from './random.ts';
import { IP, IP6, IPV4, IPV6, MACS, PORTS, TPIDS, u16, VLAN_IDS } from './random-headers.ts';

/** The next frame of a generator: up to 5 tags, IPv4 options, up to 10 extension headers of up to 2048 bytes, fragments. */
export function headerFrame(random: Random): Uint8Array {
  const bytes = [...random.pick(MACS), ...random.pick(MACS)];
  for (let tags = random.pick([0, 0, 0, 1, 1, 2, 3, 4, 5]); tags > 0; tags--) {
    bytes.push(...u16(random.pick(TPIDS)), ...u16((random.below(8) << 13) | random.pick(VLAN_IDS)));
  }
  const version = random.pick([4, 6] as const);
  bytes.push(...u16(version === 4 ? 0x0800 : 0x86dd));
  return Uint8Array.from([...bytes, ...(version === 4 ? ipv4(random) : ipv6(random))]);
}

function ipv4(random: Random): number[] {
  const words = random.pick([5, 5, 6, 9, 15]);
  const authenticated = random.chance(0.1);
  const protocol = random.pick([IP.tcp, IP.udp, IP6.sctp, IP.icmp]);
  const payload = [
    ...(authenticated ? authentication(random, protocol) : []),
    ...transport(random, protocol),
  ];
  // Not a fragment, the first one, a later one, the last one.
  const fragment = random.pick([
    0,
    0,
    0x4000,
    0x2000,
    0x2000 | (1 + random.below(0x1fff)),
    1 + random.below(0x1fff),
  ]);
  return [
    ...[0x40 | words, 0, ...u16(4 * words + payload.length), ...random.bytes(2), ...u16(fragment)],
    ...[64, authenticated ? IP6.ah : protocol, 0, 0],
    ...random.pick(IPV4),
    ...random.pick(IPV4),
    // No operation.
    ...new Array<number>(4 * (words - 5)).fill(1),
    ...payload,
  ];
}

function ipv6(random: Random): number[] {
  let next: number = random.pick([IP.tcp, IP.udp, IP6.sctp, IP6.icmp6, IP6.none]);
  let payload = transport(random, next);
  const most = random.pick([0, 0, 1, 2, 8, 10]);
  const fragmentAt = random.chance(0.3) ? random.below(most + 1) : -1;
  for (let header = 0; header < most; header++) {
    const type =
      header === fragmentAt
        ? IP.fragment
        : random.pick([IP6.destination, IP6.destination, IP.hopByHop, IP6.ah]);
    payload = [...extension(random, type, next), ...payload];
    next = type;
  }
  return [
    ...[0x60, 0, 0, 0, ...u16(payload.length), next, 64],
    ...random.pick(IPV6),
    ...random.pick(IPV6),
    ...payload,
  ];
}

function extension(random: Random, type: number, next: number): number[] {
  if (type === IP6.ah) return authentication(random, next);
  if (type === IP.fragment) {
    const offset = random.pick([0, 0, 1 + random.below(0x1fff)]);
    return [next, 0, ...u16((offset << 3) | random.below(2)), ...random.bytes(4)];
  }
  // A PadN option cannot fill more than 257 bytes: several do.
  const units = random.pick([0, 0, 1, 15, random.below(256)]);
  return [next, units, ...padding(8 * (units + 1) - 2)];
}

function padding(bytes: number): number[] {
  if (bytes === 0) return [];
  if (bytes === 1) return [0];
  const length = Math.min(bytes - 2, 255);
  return [1, length, ...new Array<number>(length).fill(0), ...padding(bytes - 2 - length)];
}

/** RFC 4302: the length counts words of 4 bytes less 2. */
function authentication(random: Random, next: number): number[] {
  const words = random.pick([1, 2, 4]);
  return [next, 1 + words, 0, 0, ...random.bytes(8 + 4 * words)];
}

function transport(random: Random, protocol: number): number[] {
  const ports = [...u16(random.pick(PORTS)), ...u16(random.pick(PORTS))];
  switch (protocol) {
    case IP.tcp: {
      const words = random.pick([5, 8, 15]);
      const fixed = [...ports, ...random.bytes(8), words << 4, 0x10, ...random.bytes(4), 0, 0];
      return [...fixed, ...new Array<number>(4 * (words - 5)).fill(1), ...random.bytes(random.below(20))];
    }
    case IP.udp: {
      const data = random.bytes(random.below(20));
      return [...ports, ...u16(8 + data.length), 0, 0, ...data];
    }
    case IP6.sctp:
      return [...ports, ...random.bytes(8), 0, 3, ...u16(16), ...random.bytes(12)];
    case IP6.none:
      return [];
    default:
      return [8, 0, ...random.bytes(6), ...random.bytes(random.below(20))];
  }
}
