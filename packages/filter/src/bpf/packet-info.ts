/**
 * What the kernel knows of a packet beside its bytes. The predicate of a filter takes it with the packet, in the kernel's
 * form: the outer 802.1Q tag lifted out.
 */
export interface PacketInfo {
  /** Length on the wire without the lifted tag, in bytes: link-layer header included, FCS not. What a filter takes as the length. */
  readonly untaggedLength: number;
  /** PACKET_HOST 0, _BROADCAST 1, _MULTICAST 2, _OTHERHOST 3, _OUTGOING 4 (linux/if_packet.h). */
  readonly packetType: number;
  /** EtherType without the lifted tag, in host order. */
  readonly protocol: number;
  readonly ifindex: number;
  /** The outer tag that was lifted out; `null` when there is none. `tci` is PCP, DEI and VID; `tpid` 0x8100 or 0x88a8. */
  readonly vlan: { readonly tci: number; readonly tpid: number } | null;
}

/** Whether a packet matches a filter. Never throws, whatever the bytes. */
export type Predicate = (packet: Uint8Array, info: PacketInfo) => boolean;
