/**
 * The packets on the wire that a merged packet stands for. GRO joins packets before the kernel looks at them and GSO and
 * TSO cut them after it has: `gso_segs` packets, all but the last with `gso_size` bytes behind their headers, each with
 * headers of its own. Two passes through the filters count them: one for the full segments, one for the last.
 *
 * For each pass the length and the header fields that segmentation changes (IP and UDP lengths, FIN and PSH of TCP) are
 * made what they are in such a segment, where they lie in the prefix. IP identification, sequence numbers, checksums and
 * payload stay those of the merged packet. Of a tunnel every segment has the inner headers too; these stay as they are.
 */
import { IPV6_HEADER_BYTES, PROTOCOL } from '../headers/protocol-numbers.ts';
import type { ProgramHook } from './base/hook.ts';
import { SK_BUFF } from './base/kernel-context.ts';
import { CONTEXT, LENGTH, PACKET } from './base/registers.ts';
import { FIELD, headerField, PREFIX_BYTES, pointInto, SLOT, tunnelField } from './base/scratch-layout.ts';
import type { Link } from './counting-options.ts';
import { emitTunnelWalk, emitWalk } from './emit-walk.ts';
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

const HOP_BY_HOP = 0;
/** RFC 2675, section 2; one option with its padding makes a header of 8 bytes. */
const JUMBO_OPTION = 0xc2;
const JUMBO_HEADER_BYTES = 8;
const TCP_FIN_AND_PSH = 0x09;
/** A transport header that reaches beyond the prefix is left as it is. */
const LAST_TRANSPORT = PREFIX_BYTES - 20;
const NONE = -1;

/**
 * Code at label `segments`: the packet is merged, its prefix lies in the scratch map. It goes on at `pass` with the
 * length of the first pass, and defines `segment`, which prepares the header for every pass.
 */
export function emitSegments(hook: ProgramHook, link: Link): EbpfInstruction[] {
  return [
    label('segments'),
    ...emitWalk(hook, link, 'segments', 'walked'),
    label('walked'),
    ...removeJumboHeader(),
    ...keepTcpFlags(),
    label('tunnel'),
    ...emitTunnelWalk(hook, 'tunnel', 'tunnelled'),
    label('tunnelled'),
    ...headerBytes(),
    ...divide(),
    ...patchHeader(),
  ];
}

/**
 * BIG TCP: a merged packet of more than 64 KiB has a hop-by-hop header with its length, which segmentation takes out, and a
 * payload length of 0. Source: RFC 2675; ip6_output.c.
 */
function removeJumboHeader(): EbpfInstruction[] {
  return [
    load(8, R1, PACKET, headerField('network')),
    jumpIf(R1, 'eq', NONE, 'noJumbo'),
    ...pointInto(R2, R1),
    load(1, R3, R2, 0),
    alu('rsh', R3, 4),
    jumpIf(R3, 'ne', 6, 'noJumbo'),
    load(1, R3, R2, 6),
    jumpIf(R3, 'ne', HOP_BY_HOP, 'noJumbo'),
    load(2, R3, R2, 4),
    jumpIf(R3, 'ne', 0, 'noJumbo'),
    load(1, R3, R2, IPV6_HEADER_BYTES + 2),
    jumpIf(R3, 'ne', JUMBO_OPTION, 'noJumbo'),
    load(1, R3, R2, IPV6_HEADER_BYTES),
    store(1, R2, 6, R3),
    store(8, PACKET, FIELD.removedBytes, JUMBO_HEADER_BYTES),
    alu('sub', LENGTH, JUMBO_HEADER_BYTES),
    ...(['transport', 'end'] as const).flatMap((field) => [
      load(8, R3, PACKET, headerField(field)),
      alu('sub', R3, JUMBO_HEADER_BYTES),
      store(8, PACKET, headerField(field), R3),
    ]),
    // What stands behind it moves up.
    mov(R3, R2),
    alu('add', R3, IPV6_HEADER_BYTES),
    load(8, R2, PACKET, headerField('network')),
    alu('and', R2, 0x1f),
    mov(R4, PREFIX_BYTES - IPV6_HEADER_BYTES),
    alu('sub', R4, R2),
    alu('add', R2, IPV6_HEADER_BYTES + JUMBO_HEADER_BYTES),
    mov(R1, CONTEXT),
    call(HELPER.skbLoadBytes),
    label('noJumbo'),
  ];
}

function keepTcpFlags(): EbpfInstruction[] {
  return [
    ...findTransport('tunnel'),
    jumpIf(R5, 'ne', PROTOCOL.tcp, 'tunnel'),
    load(1, R3, R2, 13),
    store(8, PACKET, FIELD.tcpFlags, R3),
  ];
}

/**
 * r4 = bytes of the headers that every segment has. What the kernel cuts is what the tunnel carries, where that is one packet
 * as long as all of it. A program that hands many datagrams to the kernel at a time may have made a tunnel of its own: there
 * the first datagram's inner packet is shorter.
 */
function headerBytes(): EbpfInstruction[] {
  return [
    load(8, R4, PACKET, headerField('end')),
    load(8, R1, PACKET, tunnelField('network')),
    jumpIf(R1, 'eq', NONE, 'divide'),
    load(8, R2, PACKET, tunnelField('ipLength')),
    alu('add', R1, R2),
    jumpIf(R1, 'ne', LENGTH, 'divide'),
    load(8, R4, PACKET, tunnelField('end')),
  ];
}

/** r2 = the transport header, r5 = its protocol; leaves to a label where it does not lie in the prefix. r1 is lost. */
function findTransport(otherwise: string): EbpfInstruction[] {
  return [
    load(8, R1, PACKET, headerField('transport')),
    // NONE is beyond it.
    jumpIf(R1, 'gt', LAST_TRANSPORT, otherwise),
    ...pointInto(R2, R1),
    load(8, R5, PACKET, headerField('protocol')),
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
    load(8, R1, PACKET, headerField('network')),
    jumpIf(R1, 'eq', NONE, 'pass'),
    mov(R3, LENGTH),
    alu('sub', R3, R1),
    store(8, PACKET, headerField('ipLength'), R3),
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
    load(8, R1, PACKET, headerField('transport')),
    mov(R3, LENGTH),
    alu('sub', R3, R1),
    ...findTransport('pass'),
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
