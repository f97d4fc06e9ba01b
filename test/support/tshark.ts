/** tshark as the oracle for where headers lie. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What tshark tells of the headers of a packet; -1 where there is none. */
export interface TsharkHeaders {
  /** Offsets of the IP header, and of TCP, UDP, SCTP, ICMP or ICMPv6. */
  readonly network: number;
  readonly transport: number;
  /** In units of 8 bytes. */
  readonly fragmentOffset: number;
  readonly moreFragments: number;
  /** Offset of the outermost tag's TCI. */
  readonly tag: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

const PROTOCOLS = [
  'vlan',
  'ieee8021ad',
  'ip',
  'ipv6',
  'ipv6.fraghdr',
  'tcp',
  'udp',
  'sctp',
  'icmp',
  'icmpv6',
];
const TRANSPORTS = ['tcp', 'udp', 'sctp', 'icmp', 'icmpv6'];

/** What `tshark -T pdml` tells of every packet of a pcap file, without putting fragments together. */
export function tsharkHeaders(pcap: Buffer): TsharkHeaders[] {
  const directory = mkdtempSync(join(tmpdir(), 'ifcast-tshark-'));
  try {
    const file = join(directory, 'packets.pcap');
    writeFileSync(file, pcap);
    const options = ['-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE'];
    const output = execFileSync(
      'tshark',
      ['-r', file, '-n', '-T', 'pdml', '-J', PROTOCOLS.join(' '), ...options],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: 1 << 30,
      },
    );
    return output.split('<packet>').slice(1).map(headersOf);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function headersOf(described: string): TsharkHeaders {
  // Debian 13's tshark shows flags in words, Debian 12's as numbers.
  const packet = described.replaceAll('show="True"', 'show="1"').replaceAll('show="False"', 'show="0"');
  const offset = (names: readonly string[]): number => {
    const found = names.map((name) => first(packet, `<proto name="${name}"[^>]* pos="(\\d+)"`));
    return Math.min(...found.filter((at) => at >= 0), Number.POSITIVE_INFINITY);
  };
  const orNone = (at: number): number => (at === Number.POSITIVE_INFINITY ? -1 : at);
  const field = (...names: readonly string[]): number =>
    Math.max(...names.map((name) => first(packet, `<field name="${name}"[^>]* show="(\\d+)"`)));
  const ipv6 = packet.includes('<proto name="ipv6.fraghdr"');
  return {
    network: orNone(offset(['ip', 'ipv6'])),
    transport: orNone(offset(TRANSPORTS)),
    fragmentOffset: ipv6 ? field('ipv6.fraghdr.offset') : field('ip.frag_offset'),
    moreFragments: ipv6 ? field('ipv6.fraghdr.more') : field('ip.flags.mf'),
    tag: orNone(offset(['vlan', 'ieee8021ad'])),
    sourcePort: field('tcp.srcport', 'udp.srcport', 'sctp.srcport'),
    destinationPort: field('tcp.dstport', 'udp.dstport', 'sctp.dstport'),
  };
}

/** The first number that stands where a pattern says, or -1. */
function first(text: string, pattern: string): number {
  return Number(new RegExp(pattern).exec(text)?.[1] ?? -1);
}
