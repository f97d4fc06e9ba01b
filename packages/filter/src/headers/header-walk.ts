/**
 * Where the headers of a packet lie: one description of the walk over them, a graph of steps. `emitWalk` makes eBPF of it,
 * `walkHeaders` runs it in JavaScript. It never decides what a filter matches: that libpcap's program does alone.
 *
 *     ethernet ─► tag (≤ 4) ─► ipv4 ────────────────────────────────► tcp, udp, sctp, another, or a later fragment
 *                 version ───► ipv6 ─► extension headers (≤ 8) ─────┘
 *
 * A tunnel is a second walk, from where the first one has ended: see `TUNNEL_STEPS`.
 *
 * Sources: RFC 7348; RFC 8926; RFC 2784; RFC 2890; RFC 8986; IEEE 802.1Q; RFC 791; RFC 8200, section 4; RFC 4302; RFC 9293; RFC 768; RFC 9260; IANA "Protocol Numbers".
 */

/** What stands at the front of the packets: an Ethernet header, or an IP header. */
export type FirstHeader = 'ethernet' | 'ip';

/**
 * What a walk finds; -1 where there is none.
 *
 * - `network`: offset of the IP header. Its version is the upper half of the byte there.
 * - `transport`: offset of what stands behind it and its extension headers; a later fragment has none
 * - `protocol`: number of what stands there (IPv4's protocol, IPv6's last next header), of a later fragment too
 * - `ipLength`: bytes of the IP packet, as its header says
 * - `fragmentOffset`, in units of 8 bytes, and `moreFragments`, 0 or 1: both 0 for a packet that is whole
 * - `vlan`: TCI of the outermost tag that is in the packet
 * - `sourcePort`, `destinationPort`: of TCP, UDP and SCTP
 * - `end`: offset behind the last header that was found; never -1
 */
export const HEADER_FIELDS = [
  'network',
  'transport',
  'protocol',
  'ipLength',
  'fragmentOffset',
  'moreFragments',
  'vlan',
  'sourcePort',
  'destinationPort',
  'end',
] as const;

export type HeaderField = (typeof HEADER_FIELDS)[number];

/** A number out of a header: `((big-endian bytes >> right & mask) + plus) << left`. */
export interface HeaderValue {
  /** From the start of the header. */
  readonly at: number;
  readonly size: 1 | 2;
  readonly right?: number;
  readonly mask?: number;
  readonly plus?: number;
  readonly left?: number;
}

/** One header on the way. */
export interface HeaderStep {
  /** Bytes of it that have to be in the packet; otherwise the walk ends before it. */
  readonly needs: number;
  /** Takes the offset of the header. */
  readonly offsetTo?: HeaderField;
  /** Values that are kept; of a header that comes more than once the first one's. */
  readonly keeps?: Readonly<Partial<Record<HeaderField, HeaderValue>>>;
  /** How many steps that are `counted` may follow. */
  readonly allows?: number;
  /** It may come again, as often as a step before it allows; otherwise the walk ends before it. */
  readonly counted?: boolean;
  /** The walk ends behind this header when the value is not 0. */
  readonly endsIf?: HeaderValue;
  /** Bytes of the header. */
  readonly length: number | HeaderValue;
  /** What follows: a number, and the table that it is looked up in. Without it the walk ends behind this header. */
  readonly next?: { readonly type: HeaderValue; readonly table: TableName };
}

export type StepName =
  | 'ethernet'
  | 'tag'
  | 'version'
  | 'ipv4'
  | 'ipv6'
  | 'extension'
  | 'fragment'
  | 'authentication'
  | 'tcp'
  | 'udp'
  | 'sctp'
  | 'other'
  | 'udpTunnel'
  | 'vxlan'
  | 'geneve'
  | 'gre'
  | `gre${4 | 8 | 12 | 16}`;

export type TableName =
  | 'etherType'
  | 'ipVersion'
  | 'ipProtocol'
  | 'udpTunnel'
  | 'ethernet'
  | 'greFlags'
  | 'tunnelled';

const MAX_TAGS = 4;
const MAX_EXTENSION_HEADERS = 8;

const PORTS = { sourcePort: { at: 0, size: 2 }, destinationPort: { at: 2, size: 2 } } as const;

/** A GRE header of so many bytes. */
function greOf(bytes: number): HeaderStep {
  return { needs: bytes, length: bytes, next: { type: { at: 2, size: 2 }, table: 'tunnelled' } };
}

export const HEADER_STEPS: Readonly<Record<StepName, HeaderStep>> = {
  ethernet: {
    needs: 14,
    allows: MAX_TAGS,
    length: 14,
    next: { type: { at: 12, size: 2 }, table: 'etherType' },
  },
  tag: {
    needs: 4,
    counted: true,
    keeps: { vlan: { at: 0, size: 2 } },
    length: 4,
    next: { type: { at: 2, size: 2 }, table: 'etherType' },
  },
  version: { needs: 1, length: 0, next: { type: { at: 0, size: 1, right: 4 }, table: 'ipVersion' } },
  ipv4: {
    needs: 20,
    offsetTo: 'network',
    allows: MAX_EXTENSION_HEADERS,
    keeps: {
      ipLength: { at: 2, size: 2 },
      fragmentOffset: { at: 6, size: 2, mask: 0x1fff },
      moreFragments: { at: 6, size: 2, right: 13, mask: 1 },
    },
    endsIf: { at: 6, size: 2, mask: 0x1fff },
    length: { at: 0, size: 1, mask: 0xf, left: 2 },
    next: { type: { at: 9, size: 1 }, table: 'ipProtocol' },
  },
  ipv6: {
    needs: 40,
    offsetTo: 'network',
    allows: MAX_EXTENSION_HEADERS,
    keeps: { ipLength: { at: 4, size: 2, plus: 40 } },
    length: 40,
    next: { type: { at: 6, size: 1 }, table: 'ipProtocol' },
  },
  extension: {
    needs: 2,
    counted: true,
    length: { at: 1, size: 1, plus: 1, left: 3 },
    next: { type: { at: 0, size: 1 }, table: 'ipProtocol' },
  },
  fragment: {
    needs: 8,
    counted: true,
    keeps: { fragmentOffset: { at: 2, size: 2, right: 3 }, moreFragments: { at: 2, size: 2, mask: 1 } },
    endsIf: { at: 2, size: 2, right: 3 },
    length: 8,
    next: { type: { at: 0, size: 1 }, table: 'ipProtocol' },
  },
  authentication: {
    needs: 2,
    counted: true,
    length: { at: 1, size: 1, plus: 2, left: 2 },
    next: { type: { at: 0, size: 1 }, table: 'ipProtocol' },
  },
  tcp: {
    needs: 14,
    offsetTo: 'transport',
    keeps: PORTS,
    length: { at: 12, size: 1, right: 4, left: 2 },
  },
  udp: { needs: 8, offsetTo: 'transport', keeps: PORTS, length: 8 },
  sctp: { needs: 12, offsetTo: 'transport', keeps: PORTS, length: 12 },
  other: { needs: 0, offsetTo: 'transport', length: 0 },
  udpTunnel: { needs: 8, length: 0, next: { type: { at: 2, size: 2 }, table: 'udpTunnel' } },
  vxlan: { needs: 8, length: 8, next: { type: { at: 0, size: 1 }, table: 'ethernet' } },
  geneve: {
    needs: 8,
    length: { at: 0, size: 1, mask: 0x3f, plus: 2, left: 2 },
    next: { type: { at: 2, size: 2 }, table: 'tunnelled' },
  },
  gre: { needs: 4, length: 0, next: { type: { at: 0, size: 2 }, table: 'greFlags' } },
  gre4: greOf(4),
  gre8: greOf(8),
  gre12: greOf(12),
  gre16: greOf(16),
};

/** The protocols of tunnels: where a walk over what they carry begins, behind the headers of the outer packet. */
export const TUNNEL_STEPS: readonly (readonly [protocol: number, step: StepName])[] = [
  [17, 'udpTunnel'],
  [47, 'gre'],
  [4, 'ipv4'],
  [41, 'ipv6'],
  // Ethernet, of SRv6: RFC 8986, section 10.
  [143, 'ethernet'],
];

/** The step for a type; for one that is not there `otherwise`, or the end. */
export interface NextTable {
  /** Takes the type. */
  readonly typeTo?: HeaderField;
  readonly steps: readonly (readonly [type: number, step: StepName])[];
  readonly otherwise?: StepName;
}

export const NEXT_TABLES: Readonly<Record<TableName, NextTable>> = {
  etherType: {
    steps: [
      [0x0800, 'ipv4'],
      [0x86dd, 'ipv6'],
      [0x8100, 'tag'],
      [0x88a8, 'tag'],
    ],
  },
  ipVersion: {
    steps: [
      [4, 'ipv4'],
      [6, 'ipv6'],
    ],
  },
  ipProtocol: {
    typeTo: 'protocol',
    steps: [
      [6, 'tcp'],
      [17, 'udp'],
      [132, 'sctp'],
      // Hop-by-hop options, routing, destination options, mobility, HIP, Shim6: RFC 7045, section 4.
      [0, 'extension'],
      [43, 'extension'],
      [60, 'extension'],
      [135, 'extension'],
      [139, 'extension'],
      [140, 'extension'],
      [44, 'fragment'],
      [51, 'authentication'],
    ],
    otherwise: 'other',
  },
  // Reserved bytes of VXLAN; the protocol in Geneve. Their ports anybody may choose.
  udpTunnel: {
    steps: [
      [0, 'vxlan'],
      [0x6558, 'geneve'],
      [0x0800, 'geneve'],
      [0x86dd, 'geneve'],
    ],
  },
  ethernet: { steps: [], otherwise: 'ethernet' },
  // Checksum, key and sequence number each take 4 bytes.
  greFlags: {
    steps: [
      [0, 'gre4'],
      [0x8000, 'gre8'],
      [0x2000, 'gre8'],
      [0x1000, 'gre8'],
      [0xa000, 'gre12'],
      [0x9000, 'gre12'],
      [0x3000, 'gre12'],
      [0xb000, 'gre16'],
    ],
  },
  tunnelled: {
    steps: [
      [0x6558, 'ethernet'],
      [0x0800, 'ipv4'],
      [0x86dd, 'ipv6'],
    ],
  },
};

/** The steps that a walk from these can come to. */
export function stepsFrom(first: readonly StepName[]): readonly StepName[] {
  const reached = new Set<StepName>(first);
  // A set that grows while it is walked is walked to its end.
  for (const name of reached) {
    const { next } = HEADER_STEPS[name];
    if (next === undefined) continue;
    const { steps, otherwise } = NEXT_TABLES[next.table];
    for (const [, step] of steps) reached.add(step);
    if (otherwise !== undefined) reached.add(otherwise);
  }
  return [...reached];
}

export const FIRST_STEP: Readonly<Record<FirstHeader, StepName>> = { ethernet: 'ethernet', ip: 'version' };
