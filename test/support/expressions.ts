/**
 * Varied tcpdump expressions: every keyword of pcap-filter(7) that libpcap 1.10 knows for Ethernet, and every kind of
 * instruction that it makes of them. What runs filters is compared over this list with libpcap itself.
 */
export interface LabelledExpression {
  readonly label: string;
  readonly expression: string;
}

/** Every packet, protocols by name and by number. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  everything: '',
  ip: 'ip',
  ip6: 'ip6',
  arp: 'arp',
  rarp: 'rarp',
  tcp: 'tcp',
  udp: 'udp',
  sctp: 'sctp',
  icmp: 'icmp',
  icmp6: 'icmp6',
  igmp: 'igmp',
  'not ip': 'not ip and not ip6',
  'protocol by number': 'ip proto 47 or ip6 proto 47',
  'protocol 0': 'ip proto 0 or ip6 proto 0',
  'protocol by name': 'ip proto \\ospf or ip proto \\esp',
  EtherType: 'ether proto 0x88cc',
  'EtherType by name': 'ether proto \\loopback or ether proto \\arp',
  '802.3 length': 'llc',
  'spanning tree': 'stp',
  netbeui: 'netbeui',
  ipx: 'ipx',
  iso: 'iso or isis',
  atalk: 'atalk or aarp',
  'one of many protocols': 'tcp or udp or icmp or icmp6 or sctp or arp',
};

const ADDRESSES: Readonly<Record<string, string>> = {
  host: 'host 10.0.0.1',
  'src host': 'src host 10.0.0.1',
  'dst host': 'dst host 10.0.0.2',
  'src and dst': 'src 10.0.0.1 and dst 10.0.0.2',
  'src and dst host': 'src and dst host 10.0.0.1',
  'ip host': 'ip host 10.0.0.1',
  'arp host': 'arp host 10.0.0.1',
  'host list': 'host 10.0.0.1 or host 10.0.0.2 or host 10.0.0.3 or host 192.168.7.9',
  'list after one qualifier': 'src host (10.0.0.1 or 10.0.0.2) and not dst port (80 or 443)',
  'IPv6 host': 'host fd00::1',
  'IPv6 source': 'src host fd00::1',
  'IPv6 and IPv4 hosts': 'host fd00::1 or host 10.0.0.1',
  net: 'net 10.0.0.0/8',
  'net without host bits': 'src net 192.168',
  'net mask': 'dst net 10.0.0.0 mask 255.255.255.0',
  'net /31': 'net 10.0.0.0/31',
  'net /0': 'src net 0.0.0.0/0',
  'IPv6 net': 'net fd00::/8',
  'IPv6 net /33': 'src net fd00::/33',
  'IPv6 net /127': 'dst net fd00::/127',
  'net but not host': 'net 10.0.0.0/8 and not host 10.0.0.1',
};

const PORTS: Readonly<Record<string, string>> = {
  port: 'port 443',
  'port 0': 'port 0',
  'src port': 'src port 443',
  'dst port': 'dst port 53',
  'tcp port': 'tcp port 443',
  'udp port': 'udp dst port 53',
  'sctp port': 'sctp port 5060',
  'port list': 'tcp port 80 or tcp port 443 or udp port 443',
  portrange: 'portrange 8000-8100',
  'portrange of one': 'portrange 443-443',
  'src portrange': 'udp src portrange 1024-65535',
  'ports but not ip6': 'ip and (port 53 or portrange 440-450)',
};

const BYTES: Readonly<Record<string, string>> = {
  'tcp flags': 'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0',
  'tcp syn alone': 'tcp[tcpflags] = tcp-syn',
  'tcp flags of IPv6': 'ip6 and ip6[6] = 6 and ip6[53] & 2 != 0',
  'tcp payload': 'tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)',
  'HTTP GET': 'tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420',
  'icmp type': 'icmp[icmptype] = icmp-echo or icmp[icmptype] = icmp-echoreply',
  'icmp6 type': 'icmp6[icmp6type] = icmp6-neighborsolicit',
  'udp length': 'udp[4:2] > 100',
  'ip options': 'ip[0] & 0xf != 5',
  fragments: 'ip[6:2] & 0x1fff != 0 or ip[6] & 0x20 != 0',
  'do not fragment': 'ip[6] & 0x40 = 0x40',
  'ether byte': 'ether[0] & 1 = 0 and ip[16] >= 224',
  'ether half word': 'ether[12:2] = 0x0800',
  'ether word': 'ether[26:4] = 0x0a000001',
  'arp operation': 'arp[6:2] = 2',
  'time to live': 'ip[8] < 64 or ip6[7] < 64',
  'far beyond the end': 'ether[60000] = 0',
  'at a computed place': 'ether[ether[14] & 0xf] = 0',
  'at a place before the packet': 'ip[ip[0] - 200] = 1',
  'length of the packet': 'len > 100',
  'length in a sum': 'len - 14 = ip[2:2]',
  greater: 'greater 128',
  less: 'less 64',
  'length between': 'greater 65 and less 127',
};

const ARITHMETIC: Readonly<Record<string, string>> = {
  add: 'ip[2:2] + ip[4:2] > 40000',
  'subtract below zero': 'ip[8] - 65 > 0x7fffffff',
  multiply: 'ip[12:4] * 3 > 0x1e000000',
  divide: 'ip[2:2] / 64 = 1',
  modulo: 'ip[4:2] % 7 = 3',
  'divide by the packet': 'ip[2:2] / ip[8] > 1',
  'modulo by the packet': 'ip[4:2] % (ip[8] & 3) = 1',
  and: 'ip[12:4] & ip[16:4] = 0x0a000000',
  or: 'ip[12] | ip[16] = 0x0a',
  xor: 'ip[15] ^ ip[19] = 3',
  'shift left': 'ip[12:4] << 4 > 0xa0000000',
  'shift right': 'ip[12:4] >> 24 = 10',
  'shift by the packet': 'ip[12:4] >> ip[1] = 0 or ip[12:4] << ip[1] = 0',
  negate: '-ip[8] > 0xffffffc0',
  'many scratch words': '(ip[2:2] + (ip[4:2] ^ (ip[6:2] * (ip[8] - (ip[9] | ip[10:2]))))) & 1 = 0',
  'compare two sums': 'ip[12:2] + ip[14:2] >= ip[16:2] + ip[18:2]',
};

const LINK: Readonly<Record<string, string>> = {
  'ether host': 'ether host 02:00:00:00:77:01',
  'ether src': 'ether src 02:00:00:00:77:01',
  'ether dst': 'ether dst 02:00:00:00:77:02',
  'arp from a host': 'arp and ether src 02:00:00:00:77:01',
  broadcast: 'broadcast',
  multicast: 'multicast',
  'ip multicast': 'ip multicast',
  'ip6 multicast': 'ip6 multicast',
  vlan: 'vlan',
  'vlan id': 'vlan 5',
  'vlan id 0': 'vlan 0',
  'host in a vlan': 'vlan and host 10.0.0.1',
  'port in a vlan': 'vlan 5 and tcp port 443',
  'vlan in a vlan': 'vlan 7 and vlan 5',
  'ip in two vlans': 'vlan and vlan and ip',
  'not vlan': 'not vlan',
  'with or without vlan': 'tcp port 443 or (vlan and tcp port 443)',
  'service tag': 'ether proto 0x88a8 or ether proto 0x9100',
  mpls: 'mpls',
  'mpls label': 'mpls 100000 and host 10.0.0.1',
  'mpls stack': 'mpls and mpls 1024 and ip',
  pppoed: 'pppoed',
  pppoes: 'pppoes',
  'host in pppoes': 'pppoes 0x27 and ip and host 10.0.0.1',
  geneve: 'geneve 0x7b and ip',
};

const CHAINS: Readonly<Record<string, string>> = {
  'ip protochain': 'ip protochain 6',
  'ip6 protochain': 'ip6 protochain 6',
  'protochain of both': 'protochain 17',
  'protochain and port': 'ip6 protochain 58 and ip6[40] != 1',
};

/** Only a live capture can tell these: the kernel's packet type and interface index. */
const KERNEL: Readonly<Record<string, string>> = {
  inbound: 'inbound',
  outbound: 'outbound',
  'inbound port': 'inbound and tcp port 443',
  'outbound but not arp': 'outbound and not arp',
  'outbound vlan': 'outbound and vlan 5',
  ifindex: 'ifindex 7',
};

/** Expressions that a capture file and a live interface both understand. */
export const EXPRESSIONS: readonly LabelledExpression[] = labelled(
  PROTOCOLS,
  ADDRESSES,
  PORTS,
  BYTES,
  ARITHMETIC,
  LINK,
  CHAINS,
);

/** Expressions that make sense on a live interface only. */
export const LIVE_EXPRESSIONS: readonly LabelledExpression[] = labelled(KERNEL);

function labelled(...groups: readonly Readonly<Record<string, string>>[]): LabelledExpression[] {
  return groups.flatMap((group) =>
    Object.entries(group).map(([label, expression]) => ({ label, expression })),
  );
}
