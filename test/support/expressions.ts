/** A tcpdump expression that every backend has to decide as libpcap does. */
export interface TestExpression {
  /** Unique, for the name of a test. */
  readonly label: string;
  readonly expression: string;
  /** libpcap refuses it for a capture file: only the kernel knows the answer. */
  readonly live?: true;
}

/**
 * Expressions of every kind that pcap-filter(7) knows for Ethernet. The frames of random-frames.ts are drawn so that each
 * of them matches some and not others.
 */
export const EXPRESSIONS: readonly TestExpression[] = [
  // Protocols
  { label: 'ip', expression: 'ip' },
  { label: 'ip6', expression: 'ip6' },
  { label: 'arp', expression: 'arp' },
  { label: 'rarp', expression: 'rarp' },
  { label: 'tcp', expression: 'tcp' },
  { label: 'udp', expression: 'udp' },
  { label: 'icmp', expression: 'icmp' },
  { label: 'icmp6', expression: 'icmp6' },
  { label: 'sctp', expression: 'sctp' },
  { label: 'igmp or pim', expression: 'igmp or pim' },
  { label: 'esp or ah', expression: 'ah or esp' },
  { label: 'vrrp', expression: 'vrrp' },
  { label: 'not ip', expression: 'not ip' },
  { label: 'neither IP version nor arp', expression: 'not (ip or ip6 or arp)' },
  { label: 'IPv4 protocol number', expression: 'ip proto 47' },
  { label: 'IPv6 next header number', expression: 'ip6 proto 89' },
  { label: 'protocol by number, both versions', expression: 'ip proto 132 or ip6 proto 132' },
  { label: 'proto without a version', expression: 'proto 17' },
  { label: 'ether proto', expression: 'ether proto 0x88cc' },
  { label: 'ether proto by name', expression: 'ether proto \\arp' },
  { label: 'ether proto below 1536', expression: 'ether proto 0x42' },
  { label: 'llc', expression: 'llc' },
  { label: 'llc supervisory', expression: 'llc s' },
  { label: 'stp', expression: 'stp' },
  { label: 'iso', expression: 'iso' },
  { label: 'isis', expression: 'isis' },
  { label: 'ipx', expression: 'ipx' },
  { label: 'atalk', expression: 'atalk' },

  // Hosts and networks
  { label: 'host', expression: 'host 10.0.0.1' },
  { label: 'src host', expression: 'src host 10.0.0.2' },
  { label: 'dst host', expression: 'dst host 192.168.1.20' },
  { label: 'ip host, not arp', expression: 'ip host 10.0.0.1' },
  { label: 'arp host', expression: 'arp host 10.0.0.2' },
  { label: 'src and dst host', expression: 'src and dst host 10.0.0.1' },
  { label: 'src or dst', expression: 'src or dst 192.168.1.1' },
  { label: 'net', expression: 'net 10.0.0.0/8' },
  { label: 'src net', expression: 'src net 192.168.1.0/24' },
  { label: 'dst net with an odd prefix', expression: 'dst net 192.168.0.0/19' },
  { label: 'net with a mask', expression: 'net 192.168.0.0 mask 255.255.128.0' },
  { label: 'net of classes', expression: 'net 192.168.1' },
  { label: 'net of all', expression: 'ip net 0.0.0.0/0' },
  { label: 'IPv6 host', expression: 'host 2001:db8::1' },
  { label: 'IPv6 src host', expression: 'ip6 src host fe80::1' },
  { label: 'IPv6 dst host', expression: 'dst host ff02::fb' },
  { label: 'IPv6 net', expression: 'net 2001:db8::/32' },
  { label: 'IPv6 src net with an odd prefix', expression: 'src net 2001:db8:0:10::/61' },
  { label: 'IPv6 dst net beyond 64 bits', expression: 'dst net fe80::/121' },
  {
    label: 'a list of hosts',
    expression: 'host 10.0.0.1 or host 10.0.0.2 or host 192.168.1.1 or host 192.168.1.20 or host 2001:db8::1',
  },
  {
    label: 'a list of networks, mixed',
    expression:
      'src net 10.0.0.0/30 or src net 192.168.1.0/25 or src net 2001:db8:0:10::/64 or src net fe80::/10',
  },
  { label: 'from one net to another', expression: 'src net 10.0.0.0/8 and dst net 192.168.0.0/16' },
  { label: 'between networks, either way', expression: 'net 10.0.0.0/8 and not net 192.168.0.0/16' },

  // Hardware addresses
  { label: 'ether host', expression: 'ether host 02:00:00:00:00:01' },
  { label: 'ether src', expression: 'ether src 02:00:00:00:00:02' },
  { label: 'ether dst', expression: 'ether dst 02:00:00:00:00:03' },
  { label: 'arp of an address', expression: 'arp and ether src 02:00:00:00:00:01' },
  { label: 'host by both addresses', expression: 'ether host 02:00:00:00:00:01 and host 10.0.0.1' },
  { label: 'ether broadcast', expression: 'ether broadcast' },
  { label: 'ether multicast', expression: 'ether multicast' },
  { label: 'ip broadcast', expression: 'ip broadcast' },
  { label: 'ip multicast', expression: 'ip multicast' },
  { label: 'ip6 multicast', expression: 'ip6 multicast' },
  { label: 'multicast, not broadcast', expression: 'multicast and not broadcast' },

  // Ports
  { label: 'port', expression: 'port 53' },
  { label: 'tcp port', expression: 'tcp port 443' },
  { label: 'udp src port', expression: 'udp src port 53' },
  { label: 'dst port', expression: 'dst port 22' },
  { label: 'src port', expression: 'src port 80' },
  { label: 'sctp port', expression: 'sctp port 443' },
  { label: 'portrange', expression: 'portrange 8000-8100' },
  { label: 'tcp portrange', expression: 'tcp portrange 0-1023' },
  { label: 'src portrange', expression: 'src portrange 8000-8010' },
  { label: 'dst portrange to the top', expression: 'udp dst portrange 60000-65535' },
  { label: 'a list of ports', expression: 'tcp port 22 or tcp port 80 or tcp port 443 or udp port 53' },
  { label: 'src and dst port', expression: 'src port 53 and dst port 443' },
  { label: 'IPv4 port', expression: 'ip and tcp port 80' },
  { label: 'IPv6 port', expression: 'ip6 and udp port 53' },
  { label: 'host and port', expression: 'host 10.0.0.1 and tcp port 80' },
  { label: 'hosts and ports', expression: '(host 10.0.0.1 or host 2001:db8::1) and (port 80 or port 443)' },
  { label: 'equal precedence of and and or', expression: 'host 10.0.0.1 or port 80 and tcp' },
  { label: 'not port', expression: 'tcp and not port 22' },

  // Bytes of the packet
  { label: 'SYN', expression: 'tcp[tcpflags] & tcp-syn != 0' },
  { label: 'SYN without ACK', expression: 'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn' },
  { label: 'a flag by its number', expression: 'tcp[13] = 2' },
  { label: 'TCP data offset', expression: 'tcp[12] >> 4 > 5' },
  { label: 'TCP window of two bytes', expression: 'tcp[14:2] < 1024' },
  { label: 'TCP sequence of four bytes', expression: 'tcp[4:4] > 0x7fffffff' },
  { label: 'UDP length', expression: 'udp[4:2] >= 100' },
  { label: 'IP options', expression: 'ip[0] & 0xf != 5' },
  { label: 'not a fragment', expression: 'ip[6:2] & 0x3fff = 0' },
  { label: 'a later fragment', expression: 'ip[6:2] & 0x1fff != 0' },
  { label: 'ICMP echo', expression: 'icmp[icmptype] == icmp-echo or icmp[icmptype] == icmp-echoreply' },
  { label: 'ICMP unreachable', expression: 'icmp[0] = 3 and icmp[1] = 4' },
  { label: 'ICMPv6 echo', expression: 'icmp6[icmp6type] = icmp6-echo' },
  { label: 'neighbour discovery', expression: 'icmp6 and ip6[40] >= 133 and ip6[40] <= 137' },
  { label: 'IPv6 traffic class', expression: 'ip6[0:2] & 0x0ff0 != 0' },
  { label: 'IPv6 hop limit', expression: 'ip6[7] < 64' },
  { label: 'ether bytes', expression: 'ether[0] & 1 = 1' },
  { label: 'ether type by hand', expression: 'ether[12:2] = 0x0800' },
  { label: 'ether word', expression: 'ether[6:4] = 0x02000000' },
  { label: 'ARP reply', expression: 'arp[6:2] = 2' },
  { label: 'index from the packet', expression: 'ether[ether[14]] > 64' },
  { label: 'index beyond the packet', expression: 'ether[ether[26:4]] = 0 or ether[ether[16:2]:2] > 5' },
  { label: 'an offset before the packet', expression: 'udp or ether[0xffffff00:4] = 0' },
  { label: 'HTTP GET after the TCP header', expression: 'tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420' },
  {
    label: 'a lot of header lengths',
    expression: 'ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0',
  },

  // Arithmetic and lengths
  { label: 'multiplication', expression: 'ip[0] * 3 + ip[8] * ip[9] > 1000' },
  { label: 'division by a constant', expression: 'ip[2:2] / 64 = 2' },
  { label: 'division by the packet', expression: 'ip[2:2] / ip[8] > 3' },
  { label: 'modulo by a constant', expression: 'ip[4:2] % 7 = 3' },
  { label: 'modulo by the packet', expression: 'udp[4:2] % udp[2:2] = udp[4:2]' },
  { label: 'shifts', expression: 'ip[0] >> 4 = 4 and (ip[8] << 2) & 0x3ff > 200' },
  { label: 'a shift by the packet', expression: '1 << ip[9] & 0x60000 != 0 or ip[12:4] >> ip[8] = 1' },
  { label: 'negation', expression: '0 - ip[8] > 0xffffff80' },
  { label: 'exclusive or', expression: '(tcp[13] ^ 0x12) & 0xff = 0' },
  { label: 'or of bits', expression: 'ip[1] | ip[8] = 64' },
  { label: 'subtraction that wraps', expression: 'len - 100 > 0x80000000' },
  {
    label: 'scratch memory',
    expression: 'ip[2:2] + ip[8] * (ip[9] + ip[1] * (ip[0] - 3)) > ip[12:4] % 4096',
  },
  { label: 'len', expression: 'len = ip[2:2] + 14' },
  { label: 'len of a size', expression: 'len >= 128 and len <= 255' },
  { label: 'less', expression: 'less 60' },
  { label: 'greater', expression: 'greater 600' },
  { label: 'comparisons', expression: 'ip[8] <= 64 and ip[8] != 1 and not ip[9] >= 100' },

  // Beneath other headers
  { label: 'vlan', expression: 'vlan' },
  { label: 'vlan id', expression: 'vlan 100' },
  { label: 'not vlan', expression: 'not vlan' },
  { label: 'vlan and ip', expression: 'vlan and ip' },
  { label: 'vlan id and port', expression: 'vlan 100 and tcp port 80' },
  { label: 'QinQ', expression: 'vlan and vlan' },
  { label: 'QinQ with ids', expression: 'vlan 200 and vlan 100 and ip' },
  { label: 'tagged or not', expression: 'tcp port 80 or (vlan and tcp port 80)' },
  { label: 'a tag by its bytes', expression: 'ether[12:2] = 0x8100 and ether[14:2] & 0xfff = 100' },
  { label: 'mpls', expression: 'mpls' },
  { label: 'mpls label', expression: 'mpls 1000' },
  { label: 'mpls and host', expression: 'mpls and host 10.0.0.1' },
  { label: 'mpls stack', expression: 'mpls 1000 and mpls 16' },
  { label: 'pppoes', expression: 'pppoes' },
  { label: 'pppoes session', expression: 'pppoes 17' },
  { label: 'pppoes and ip', expression: 'pppoes and ip and tcp' },
  { label: 'pppoed', expression: 'pppoed' },
  { label: 'geneve', expression: 'geneve' },
  { label: 'geneve and ip', expression: 'geneve 5 and ip' },
  { label: 'vlan and mpls', expression: 'vlan and mpls' },

  // Chains of headers: the first jumps backward
  { label: 'ip6 protochain', expression: 'ip6 protochain 17' },
  { label: 'ip6 protochain to tcp', expression: 'ip6 protochain 6 and ip6 src net 2001:db8::/32' },
  { label: 'ip protochain', expression: 'ip protochain 6' },
  { label: 'protochain', expression: 'protochain 58' },

  // What the kernel knows
  { label: 'inbound', expression: 'inbound', live: true },
  { label: 'outbound', expression: 'outbound', live: true },
  { label: 'inbound and port', expression: 'inbound and tcp dst port 443', live: true },
  {
    label: 'outbound to a net',
    expression: 'outbound and (dst net 10.0.0.0/8 or dst net 2001:db8::/32)',
    live: true,
  },
  { label: 'outbound and vlan', expression: 'outbound and vlan 100 and ip', live: true },
  { label: 'ifindex', expression: 'ifindex 2', live: true },
  { label: 'ifindex and host', expression: 'ifindex 2 and host 10.0.0.1', live: true },

  // Long ones
  {
    label: 'most of it together',
    expression:
      '(tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src and dst net 10.0.0.0/8) or (udp and (port 53 or portrange 8000-8100)) or icmp6 or (arp and not ether broadcast)',
  },
  {
    label: 'a long or',
    expression: Array.from({ length: 60 }, (_, index) => `host 10.0.${index >> 3}.${index & 7}`).join(' or '),
  },
  {
    label: 'a long or of ports',
    expression: `tcp and (${Array.from({ length: 80 }, (_, index) => `port ${8000 + 3 * index}`).join(' or ')})`,
  },
];
