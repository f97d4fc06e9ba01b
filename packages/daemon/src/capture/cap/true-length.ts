const ETHERNET_HEADER_BYTES = 14;
const TAG_BYTES = 4;
const TPIDS: readonly number[] = [0x8100, 0x88a8];
const IPV6_HEADER_BYTES = 40;
const HOP_BY_HOP = 0;
// RFC 2675
const JUMBO_OPTION = 0xc2;
const JUMBO_OPTION_AT = 2;

/**
 * The length on the wire of a packet of which not all was captured, as its IP header tells it.
 *
 * @param ethernet - the packet begins with an Ethernet header, otherwise with IP
 * @returns at least what was captured; no more where the packet does not tell
 */
export function trueLength(packet: Buffer, capturedLength: number, ethernet: boolean): number {
  let at = ethernet ? ETHERNET_HEADER_BYTES : 0;
  while (ethernet && at + TAG_BYTES <= capturedLength && TPIDS.includes(packet.readUInt16BE(at - 2))) {
    at += TAG_BYTES;
  }
  if (at + IPV6_HEADER_BYTES > capturedLength) return capturedLength;
  const length = packet[at]! >> 4 === 4 ? packet.readUInt16BE(at + 2) : ipv6Length(packet, at);
  return Math.max(capturedLength, at + length);
}

function ipv6Length(packet: Buffer, at: number): number {
  const payload = packet.readUInt16BE(at + 4);
  if (payload > 0) return IPV6_HEADER_BYTES + payload;
  const option = at + IPV6_HEADER_BYTES + JUMBO_OPTION_AT;
  if (packet[at + 6] !== HOP_BY_HOP || packet[option] !== JUMBO_OPTION) return 0;
  return IPV6_HEADER_BYTES + packet.readUInt32BE(option + 2);
}
