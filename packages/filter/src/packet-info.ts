/**
 * What the kernel knows of a packet beside its bytes. The predicate of a filter takes it with the frame, in the kernel's
 * form: the outer 802.1Q tag lifted out of the frame.
 */
export interface PacketInfo {
  /** Length on the wire, in bytes, as libpcap's `len` without the lifted tag: link-layer header included, FCS not. */
  readonly wireLength: number;
  /** PACKET_HOST 0, _BROADCAST 1, _MULTICAST 2, _OTHERHOST 3, _OUTGOING 4 (linux/if_packet.h). */
  readonly packetType: number;
  /** EtherType of the frame without the lifted tag, in host order. */
  readonly protocol: number;
  readonly ifindex: number;
  /** The outer tag that was lifted out; `null` when there is none. `tci` is PCP, DEI and VID; `tpid` 0x8100 or 0x88a8. */
  readonly vlan: { readonly tci: number; readonly tpid: number } | null;
}

/** Whether a frame matches a filter. Never throws, whatever the bytes. */
export type Predicate = (frame: Uint8Array, info: PacketInfo) => boolean;
