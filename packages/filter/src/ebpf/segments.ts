/**
 * The packets on the wire that a merged packet stands for. GRO joins packets before the kernel looks at them and GSO and
 * TSO cut them after it has: `gso_segs` packets, all but the last with `gso_size` bytes behind their headers, each with
 * headers of its own. Two passes through the filters count them: one for the full segments, one for the last.
 *
 * For each pass the length and the header fields that segmentation changes (IP and UDP lengths, FIN and PSH of TCP) are
 * made what they are in such a segment. IP identification, sequence numbers, checksums and payload stay those of the
 * merged packet. Of a tunnel only the outer headers are known: the bytes lack the inner ones of every further segment.
 */

import {
  ETHERNET_HEADER_BYTES,
  ETHERTYPE,
  EXTENSION_HEADERS,
  IPV6_HEADER_BYTES,
  PROTOCOL,
  TAG_BYTES,
  UDP_HEADER_BYTES,
} from '../headers/protocol-numbers.ts';
import type { Link } from './counting-options.ts';
import {
  alu,
  alu32,
  byteSwap,
  call,
  type EbpfInstruction,
  HELPER,
  jump,
  jumpIf,
  label,
  load,
  mov,
  R0,
  R1,
  R2,
  R3,
  R4,
  R5,
  R10,
  store,
} from './isa/instruction.ts';
import { SK_BUFF } from './kernel-context.ts';
import { CONTEXT, LENGTH, PACKET } from './registers.ts';
import { FIELD, PREFIX_BYTES, pointInto, SLOT } from './scratch-layout.ts';

const MAX_EXTENSION_HEADERS = 3;
const HOP_BY_HOP = 0;
/** RFC 2675, section 2; one option with its padding makes a header of 8 bytes. */
const JUMBO_OPTION = 0xc2;
const JUMBO_HEADER_BYTES = 8;
const TCP_FIN_AND_PSH = 0x09;
/** The transport header has to lie in the prefix as far as this. */
const TRANSPORT_BYTES = 20;
/** In `FIELD.protocol` when the transport header is not known. */
const UNKNOWN = -1;

/**
 * Code at label `segments`: the packet is merged, its prefix lies in the scratch map. It goes on at `pass` with the
 * length of the first pass, and defines `segment`, which prepares the header for every pass.
 */
export function emitSegments(link: Link): EbpfInstruction[] {
  return [
    label('segments'),
    store(8, PACKET, FIELD.protocol, UNKNOWN),
    ...findNetworkHeader(link),
    ...findTransportHeader(),
    ...divide(),
    ...patchHeader(),
  ];
}

/** r1 = offset of the network header, r2 = its type; leaves to `ipv4`, `ipv6` or `unknown`. */
function findNetworkHeader(link: Link): EbpfInstruction[] {
  if (link === 'unknown') return [mov(R1, 0), jump('unknown')];
  if (link !== 'ethernet') {
    return [
      mov(R1, 0),
      load(1, R2, PACKET, 0),
      alu('rsh', R2, 4),
      jumpIf(R2, 'eq', 4, 'ipv4'),
      jumpIf(R2, 'eq', 6, 'ipv6'),
      jump('unknown'),
    ];
  }
  // Up to two tags that no hardware took out.
  const offsets = [0, 1, 2].map((tags) => ETHERNET_HEADER_BYTES + tags * TAG_BYTES);
  return [
    ...offsets.flatMap((offset, tags) => [
      mov(R1, offset),
      load(2, R2, PACKET, offset - 2),
      jumpIf(R2, 'eq', ETHERTYPE.ipv4, 'ipv4'),
      jumpIf(R2, 'eq', ETHERTYPE.ipv6, 'ipv6'),
      ...(tags === offsets.length - 1
        ? []
        : [
            jumpIf(R2, 'eq', ETHERTYPE.vlan, `tag${tags}`),
            jumpIf(R2, 'ne', ETHERTYPE.providerVlan, 'unknown'),
            label(`tag${tags}`),
          ]),
    ]),
    jump('unknown'),
  ];
}

/** From r1: r4 = bytes of the headers as far as they are known; network, transport and protocol go to their fields. */
function findTransportHeader(): EbpfInstruction[] {
  return [
    label('ipv4'),
    store(8, PACKET, FIELD.network, R1),
    mov(R4, R1),
    ...pointInto(R2, R1),
    load(1, R1, R2, 0),
    alu('and', R1, 0xf),
    alu('lsh', R1, 2),
    alu('add', R4, R1),
    load(1, R5, R2, 9),
    jump('transport'),

    label('ipv6'),
    store(8, PACKET, FIELD.network, R1),
    mov(R4, R1),
    alu('add', R4, IPV6_HEADER_BYTES),
    ...pointInto(R2, R1),
    load(1, R5, R2, 6),
    ...removeJumboHeader(),
    ...Array.from({ length: MAX_EXTENSION_HEADERS }, (_, at) => skipExtensionHeader(`extension${at}`)).flat(),

    label('transport'),
    mov(R1, R4),
    jumpIf(R4, 'gt', PREFIX_BYTES - TRANSPORT_BYTES, 'unknown'),
    store(8, PACKET, FIELD.transport, R4),
    store(8, PACKET, FIELD.protocol, R5),
    ...pointInto(R2, R1),
    jumpIf(R5, 'ne', PROTOCOL.tcp, 'notTcp'),
    load(1, R3, R2, 13),
    store(8, PACKET, FIELD.tcpFlags, R3),
    load(1, R3, R2, 12),
    alu('rsh', R3, 4),
    alu('lsh', R3, 2),
    alu('add', R4, R3),
    jump('divide'),
    label('notTcp'),
    jumpIf(R5, 'ne', PROTOCOL.udp, 'divide'),
    alu('add', R4, UDP_HEADER_BYTES),
    jump('divide'),

    label('unknown'),
    mov(R4, R1),
  ];
}

/**
 * BIG TCP: a merged packet of more than 64 KiB has a hop-by-hop header with its length, which segmentation takes out, and a
 * payload length of 0. r2 = the IPv6 header, r5 = the type of the next, at r4. Source: RFC 2675; ip6_output.c.
 */
function removeJumboHeader(): EbpfInstruction[] {
  return [
    jumpIf(R5, 'ne', HOP_BY_HOP, 'ipv6Headers'),
    load(2, R3, R2, 4),
    jumpIf(R3, 'ne', 0, 'ipv6Headers'),
    load(1, R3, R2, IPV6_HEADER_BYTES + 2),
    jumpIf(R3, 'ne', JUMBO_OPTION, 'ipv6Headers'),
    load(1, R5, R2, IPV6_HEADER_BYTES),
    store(1, R2, 6, R5),
    store(8, PACKET, FIELD.protocol, R5),
    store(8, PACKET, FIELD.removedBytes, JUMBO_HEADER_BYTES),
    alu('sub', LENGTH, JUMBO_HEADER_BYTES),
    // What stands behind it moves up.
    mov(R3, R2),
    alu('add', R3, IPV6_HEADER_BYTES),
    load(8, R2, PACKET, FIELD.network),
    alu('and', R2, 0x1f),
    mov(R4, PREFIX_BYTES - IPV6_HEADER_BYTES),
    alu('sub', R4, R2),
    alu('add', R2, IPV6_HEADER_BYTES + JUMBO_HEADER_BYTES),
    mov(R1, CONTEXT),
    call(HELPER.skbLoadBytes),
    load(8, R5, PACKET, FIELD.protocol),
    store(8, PACKET, FIELD.protocol, UNKNOWN),
    load(8, R4, PACKET, FIELD.network),
    alu('add', R4, IPV6_HEADER_BYTES),
    label('ipv6Headers'),
  ];
}

/** r5 = type of the header at r4; over it if it is an extension header in the prefix. */
function skipExtensionHeader(place: string): EbpfInstruction[] {
  return [
    ...EXTENSION_HEADERS.map((type) => jumpIf(R5, 'eq', type, place)),
    jump('transport'),
    label(place),
    jumpIf(R4, 'gt', PREFIX_BYTES - 2, 'transport'),
    mov(R1, R4),
    ...pointInto(R2, R1),
    load(1, R5, R2, 0),
    load(1, R3, R2, 1),
    alu('add', R3, 1),
    alu('lsh', R3, 3),
    alu('add', R4, R3),
  ];
}

/** From r4, the bytes of the headers: how many segments of which length. */
function divide(): EbpfInstruction[] {
  return [
    label('divide'),
    mov(R2, LENGTH),
    jumpIf(R4, 'ge', LENGTH, 'whole'),
    alu('sub', R2, R4),
    load(4, R3, CONTEXT, SK_BUFF.gsoSize),
    load(4, R1, CONTEXT, SK_BUFF.gsoSegments),
    jumpIf(R1, 'ne', 0, 'counted'),
    // A virtual machine's packet comes without the number: payload / gso_size, rounded up.
    mov(R1, R2),
    alu('add', R1, R3),
    alu('sub', R1, 1),
    alu('div', R1, R3),
    label('counted'),
    jumpIf(R1, 'le', 1, 'whole'),
    mov(R5, R1),
    alu('sub', R5, 1),
    mov(R0, R5),
    alu('mul', R0, R3),
    jumpIf(R0, 'lt', R2, 'even'),
    // Segments of different sizes, as SCTP's are: the mean stands for each.
    mov(R3, R2),
    alu('div', R3, R1),
    mov(R0, R5),
    alu('mul', R0, R3),
    label('even'),
    mov(R2, LENGTH),
    alu('sub', R2, R0),
    store(8, PACKET, FIELD.lastSegment, R2),
    store(8, PACKET, FIELD.packets, R5),
    store(8, R10, SLOT.passesLeft, 1),
    mov(LENGTH, R4),
    alu('add', LENGTH, R3),
    jump('segment'),

    label('whole'),
    store(8, PACKET, FIELD.packets, 1),
    store(8, R10, SLOT.passesLeft, 0),
    jump('pass'),
  ];
}

/** Makes the header in the prefix that of a segment of this pass's length. */
function patchHeader(): EbpfInstruction[] {
  return [
    label('segment'),
    load(8, R5, PACKET, FIELD.protocol),
    jumpIf(R5, 'eq', UNKNOWN, 'pass'),
    load(8, R1, PACKET, FIELD.network),
    mov(R3, LENGTH),
    alu('sub', R3, R1),
    ...pointInto(R2, R1),
    load(1, R4, R2, 0),
    alu('rsh', R4, 4),
    jumpIf(R4, 'ne', 4, 'segmentIpv6'),
    byteSwap(16, R3),
    store(2, R2, 2, R3),
    jump('segmentTransport'),
    label('segmentIpv6'),
    alu('sub', R3, IPV6_HEADER_BYTES),
    byteSwap(16, R3),
    store(2, R2, 4, R3),

    label('segmentTransport'),
    load(8, R1, PACKET, FIELD.transport),
    mov(R3, LENGTH),
    alu('sub', R3, R1),
    ...pointInto(R2, R1),
    jumpIf(R5, 'eq', PROTOCOL.tcp, 'segmentTcp'),
    jumpIf(R5, 'ne', PROTOCOL.udp, 'pass'),
    byteSwap(16, R3),
    store(2, R2, 4, R3),
    jump('pass'),
    label('segmentTcp'),
    load(8, R3, PACKET, FIELD.tcpFlags),
    load(8, R4, R10, SLOT.passesLeft),
    jumpIf(R4, 'eq', 0, 'segmentFlags'),
    alu32('and', R3, ~TCP_FIN_AND_PSH),
    label('segmentFlags'),
    store(1, R2, 13, R3),
    jump('pass'),
  ];
}
