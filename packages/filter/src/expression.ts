/** A port, or a range of them with both ends in it. */
export type PortRange = number | { readonly from: number; readonly to: number };

/** A protocol by its name, or an IP protocol (IPv4's protocol field, IPv6's next header) by its number. */
export type ProtocolName = 'any' | 'tcp' | 'udp' | 'icmp' | 'icmp6' | 'sctp' | 'arp' | 'ip' | 'ip6' | number;

/**
 * The conditions of one filter, already validated. All hold together; within a list any one is enough. Addresses are
 * IPv4 or IPv6, networks have a prefix length and no bits beyond it.
 */
export interface FilterConditions {
  readonly proto?: ProtocolName;
  /** Source or destination. */
  readonly ip?: readonly string[];
  readonly srcIp?: readonly string[];
  readonly dstIp?: readonly string[];
  /** Source or destination, of TCP, UDP or SCTP. */
  readonly port?: readonly PortRange[];
  readonly srcPort?: readonly PortRange[];
  readonly dstPort?: readonly PortRange[];
  readonly direction?: 'in' | 'out';
  /** A tcpdump expression, instead of all others. */
  readonly match?: string;
}

/** What stands for the interface's hardware address in an expression. */
const MAC = '$MAC';

/**
 * The one tcpdump expression of a filter's conditions, as pcap-filter(7) reads it.
 *
 * @returns `""` where there are no conditions: every packet
 */
export function expressionOf(conditions: FilterConditions): string {
  if (conditions.match !== undefined) return conditions.match.trim();
  const { proto = 'any' } = conditions;
  const parts = [
    directionOf(conditions.direction),
    protocolOf(proto, hasPorts(conditions)),
    addresses('src', conditions.srcIp),
    addresses('dst', conditions.dstIp),
    addresses('', conditions.ip),
    ports(proto, 'src ', conditions.srcPort),
    ports(proto, 'dst ', conditions.dstPort),
    ports(proto, '', conditions.port),
  ];
  const terms = parts.filter((part) => part.length > 0);
  return terms.map((alternatives) => anyOf(alternatives, terms.length > 1)).join(' and ');
}

/** Whether an expression depends on the interface's hardware address. */
export function asksMac(expression: string): boolean {
  return expression.includes(MAC);
}

/**
 * The expression with `$MAC` replaced by an interface's hardware address.
 *
 * @param mac - `aa:bb:cc:dd:ee:ff`
 */
export function fillMac(expression: string, mac: string): string {
  return expression.replaceAll(MAC, mac);
}

function directionOf(direction: FilterConditions['direction']): string[] {
  if (direction === undefined) return [];
  return [direction === 'in' ? 'inbound' : 'outbound'];
}

function hasPorts({ port, srcPort, dstPort }: FilterConditions): boolean {
  return [port, srcPort, dstPort].some((list) => list !== undefined && list.length > 0);
}

/** A protocol that stands before its ports need not be said twice. */
function protocolOf(proto: ProtocolName, withPorts: boolean): string[] {
  if (proto === 'any' || (withPorts && typeof proto === 'string')) return [];
  if (typeof proto === 'number') return [`ip proto ${proto}`, `ip6 proto ${proto}`];
  return [proto];
}

function addresses(side: 'src' | 'dst' | '', list: readonly string[] = []): string[] {
  return list.map((address) =>
    [side, address.includes('/') ? 'net' : 'host', address].filter(Boolean).join(' '),
  );
}

function ports(proto: ProtocolName, side: string, list: readonly PortRange[] = []): string[] {
  const protocol = typeof proto === 'string' && proto !== 'any' ? `${proto} ` : '';
  return list.map((port) =>
    typeof port === 'number'
      ? `${protocol}${side}port ${port}`
      : `${protocol}${side}portrange ${port.from}-${port.to}`,
  );
}

function anyOf(alternatives: readonly string[], amongOthers: boolean): string {
  const text = alternatives.join(' or ');
  return alternatives.length > 1 && amongOthers ? `(${text})` : text;
}
