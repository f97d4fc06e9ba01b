/** Ethernet types as a little-endian load gives them. */
export const ETHERTYPE = { ipv4: 0x0008, ipv6: 0xdd86, vlan: 0x0081, providerVlan: 0xa888 } as const;

export const ETHERNET_HEADER_BYTES = 14;
/** An 802.1Q or 802.1ad tag. */
export const TAG_BYTES = 4;
/** An IPv4 header without options. */
export const IPV4_HEADER_BYTES = 20;
export const IPV6_HEADER_BYTES = 40;
/** A TCP header without options. */
export const TCP_HEADER_BYTES = 20;

/** IP protocol numbers. */
export const PROTOCOL = { tcp: 6, udp: 17 } as const;
