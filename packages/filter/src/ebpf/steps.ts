/**
 * The steps at the front of a counting program. Each falls through to what stands behind it, or leaves to `out`, or to
 * `enter0` for the general form.
 */

import { ETHERNET_HEADER_BYTES, ETHERTYPE, TAG_BYTES } from '../headers/protocol-numbers.ts';
import { loadBytesHelper, type ProgramHook, pointersIn } from './base/hook.ts';
import { SK_BUFF } from './base/kernel-context.ts';
import { CONTEXT, LENGTH, PACKET, WIRE_LENGTH } from './base/registers.ts';
import { FIELD, PREFIX_BYTES } from './base/scratch-layout.ts';
import type { Link } from './counting-options.ts';
import {
  alu,
  byteSwap,
  call,
  type EbpfInstruction,
  HELPER,
  jumpIf,
  label,
  load,
  mov,
  R0,
  R1,
  R2,
  R3,
  R4,
  store,
} from './isa/instruction.ts';

/** What libpcap adds to the length of a packet of a cooked link type. */
const COOKED_HEADER_BYTES = 16;
const ETHERTYPE_OFFSET = ETHERNET_HEADER_BYTES - 2;

/** r9 = length of the packet without a VLAN tag that the kernel lifted out; for XDP the whole. r0–r5 are lost. */
export function packetLength(hook: ProgramHook): EbpfInstruction[] {
  return hook === 'xdp'
    ? [mov(R1, CONTEXT), call(HELPER.xdpGetBuffLen), mov(LENGTH, R0)]
    : [load(4, LENGTH, CONTEXT, SK_BUFF.length)];
}

/** r5 = the length as libpcap tells it: with the lifted tag; r1 is lost. */
export function wireLength(hook: ProgramHook, link: Link): EbpfInstruction[] {
  return [
    mov(WIRE_LENGTH, LENGTH),
    ...(hook === 'xdp'
      ? []
      : [
          load(4, R1, CONTEXT, SK_BUFF.vlanPresent),
          alu('lsh', R1, Math.log2(TAG_BYTES)),
          alu('add', WIRE_LENGTH, R1),
        ]),
    ...(link === 'cooked' ? [alu('add', WIRE_LENGTH, COOKED_HEADER_BYTES)] : []),
  ];
}

/**
 * Copies the front of the packet to the scratch map, which r8 points to; r0–r5 are lost.
 *
 * @param place - makes the labels unique
 */
export function copyPrefix(hook: ProgramHook, place: string): EbpfInstruction[] {
  return [
    store(8, PACKET, FIELD.removedBytes, 0),
    mov(R4, LENGTH),
    jumpIf(R4, 'le', PREFIX_BYTES, `${place}.short`),
    mov(R4, PREFIX_BYTES),
    label(`${place}.short`),
    jumpIf(R4, 'eq', 0, `${place}.empty`),
    mov(R1, CONTEXT),
    mov(R2, 0),
    mov(R3, PACKET),
    call(loadBytesHelper(hook)),
    label(`${place}.empty`),
  ];
}

/** r8 = the front of the packet; the verifier knows nothing of its length yet. */
export function packetPointer(hook: ProgramHook): EbpfInstruction[] {
  return [load(4, PACKET, CONTEXT, pointersIn(hook).data)];
}

/** Leaves a packet whose linear part is shorter, and a tagged one on XDP, to the general form; r1 and r2 are lost. */
export function checkFront(hook: ProgramHook, bytes: number): EbpfInstruction[] {
  return [
    load(4, R2, CONTEXT, pointersIn(hook).dataEnd),
    mov(R1, PACKET),
    alu('add', R1, bytes),
    jumpIf(R1, 'gt', R2, 'enter0'),
    ...(hook === 'xdp'
      ? [
          load(2, R1, PACKET, ETHERTYPE_OFFSET),
          jumpIf(R1, 'eq', ETHERTYPE.vlan, 'enter0'),
          jumpIf(R1, 'eq', ETHERTYPE.providerVlan, 'enter0'),
        ]
      : []),
  ];
}

/** Takes the outer VLAN tag out of the prefix and of r9, as the kernel does before all other hooks; r0–r5 are lost. */
export function liftTag(): EbpfInstruction[] {
  return [
    store(8, PACKET, FIELD.vlanPresent, 0),
    store(8, PACKET, FIELD.vlanTag, 0),
    store(8, PACKET, FIELD.vlanProtocol, 0),
    jumpIf(LENGTH, 'lt', ETHERNET_HEADER_BYTES + TAG_BYTES, 'untagged'),
    load(2, R1, PACKET, ETHERTYPE_OFFSET),
    jumpIf(R1, 'eq', ETHERTYPE.vlan, 'tagged'),
    jumpIf(R1, 'ne', ETHERTYPE.providerVlan, 'untagged'),
    label('tagged'),
    byteSwap(16, R1),
    store(8, PACKET, FIELD.vlanProtocol, R1),
    load(2, R1, PACKET, ETHERTYPE_OFFSET + 2),
    byteSwap(16, R1),
    store(8, PACKET, FIELD.vlanTag, R1),
    store(8, PACKET, FIELD.vlanPresent, 1),
    store(8, PACKET, FIELD.removedBytes, TAG_BYTES),
    alu('sub', LENGTH, TAG_BYTES),
    // What stands behind the tag moves up.
    mov(R4, LENGTH),
    jumpIf(R4, 'le', PREFIX_BYTES, 'lift'),
    mov(R4, PREFIX_BYTES),
    label('lift'),
    alu('sub', R4, ETHERTYPE_OFFSET),
    jumpIf(R4, 'sle', 0, 'untagged'),
    mov(R1, CONTEXT),
    mov(R2, ETHERTYPE_OFFSET + TAG_BYTES),
    mov(R3, PACKET),
    alu('add', R3, ETHERTYPE_OFFSET),
    call(loadBytesHelper('xdp')),
    label('untagged'),
  ];
}
