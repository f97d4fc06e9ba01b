/** What a counting program keeps outside its registers: in the scratch map and on the stack. */

import { HEADER_FIELDS, type HeaderField } from '../../headers/header-walk.ts';
import { alu, type EbpfInstruction, load, mov, type Register, store } from '../isa/instruction.ts';
import { PACKET } from './registers.ts';

/**
 * Bytes at the front of a packet that lie in the scratch map, from its first byte on: the headers of all but odd
 * packets. A power of two.
 */
export const PREFIX_BYTES = 128;

/**
 * Offsets in the scratch map of what the general form keeps, 64 bits each. What lies in a map the verifier forgets, where
 * it would follow every value on the stack through all that comes after.
 */
export const FIELD = {
  /** Length as the filters see it. */
  length: 160,
  /** The general form begins with this filter. */
  firstFilter: 168,
  /** Packets on the wire that this pass stands for, and their bytes. */
  packets: 176,
  bytes: 184,
  /** Length of the last segment of a merged packet. */
  lastSegment: 192,
  /** TCP flags of a merged packet. */
  tcpFlags: 200,
  /** Bytes that the program has taken out of the front of the packet: those behind the prefix lie so much further on. */
  removedBytes: 232,
  /** The VLAN tag that an XDP program has taken out: whether there was one, TCI, TPID. */
  vlanPresent: 240,
  vlanTag: 248,
  vlanProtocol: 256,
  forget: 264,
  /** M[0]; M[1] follows. */
  scratch: 272,
  /** The walk over the headers: the offset of one behind the prefix, and its bytes, 40 at most. */
  headerAt: 400,
  header: 408,
  /** What it found, field by field; then the same of what a tunnel carries. */
  headers: 448,
} as const;

/** Bytes of the scratch map's only entry: a load at the last byte of the prefix stays below the fields. */
export const SCRATCH_BYTES: number = FIELD.headers + 2 * 8 * HEADER_FIELDS.length;

/** Where in the scratch map a walk leaves what it found, 64 bits, -1 for none. */
export function headerField(field: HeaderField): number {
  return FIELD.headers + 8 * HEADER_FIELDS.indexOf(field);
}

/** The same of a walk over what a tunnel carries. */
export function tunnelField(field: HeaderField): number {
  return headerField(field) + 8 * HEADER_FIELDS.length;
}

/** Offsets from the frame pointer. */
export const SLOT = {
  /** Counters of the first bucket, while a merged packet is counted. */
  counters: -8,
  /** Passes that follow this one: the verifier sees here that they end. */
  passesLeft: -16,
  /** A and X during a call, jumps backward so far, bytes that a helper has loaded. */
  a: -24,
  x: -32,
  loops: -40,
  loaded: -48,
  /** M[0] of the fast form; M[1] lies below it. */
  scratch: -56,
  /** Headers that may come again in a walk: the verifier sees here that it ends. */
  headersAllowed: -184,
  /** A bit for each filter that has matched in this pass, where a meter asks. */
  matched: -192,
} as const;

/**
 * Makes the verifier forget what it knows of a 32-bit value. Without CAP_PERFMON it refuses to add a value to a pointer
 * that is a constant on one way through the program and not on another, and it follows ways apart that come together with
 * different bounds.
 */
export function forget(register: Register): EbpfInstruction[] {
  return [store(4, PACKET, FIELD.forget, register), load(4, register, PACKET, FIELD.forget)];
}

/** `dst = ` the address of a byte of the prefix; `offset` has to be below its length and is lost. */
export function pointInto(dst: Register, offset: Register): EbpfInstruction[] {
  return [...forget(offset), alu('and', offset, PREFIX_BYTES - 1), mov(dst, PACKET), alu('add', dst, offset)];
}
