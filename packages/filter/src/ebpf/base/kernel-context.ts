/** Offsets in `struct __sk_buff` of linux/bpf.h; the VLAN tag is the one that the kernel lifted out of the frame. */
export const SK_BUFF = {
  length: 0,
  packetType: 4,
  protocol: 16,
  vlanPresent: 20,
  vlanTag: 24,
  vlanProtocol: 28,
  ifindex: 40,
  data: 76,
  dataEnd: 80,
  gsoSegments: 164,
  gsoSize: 176,
} as const;

/** Offsets in `struct xdp_md` of linux/bpf.h. */
export const XDP_MD = { data: 0, dataEnd: 4, ifindex: 12 } as const;
