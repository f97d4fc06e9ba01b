import type { ClassicProgram } from '../bpf/instruction.ts';
import type { ProgramHook } from './hook.ts';

/**
 * What stands before the network header: an Ethernet header; nothing; nothing where libpcap makes up a header of 16 bytes
 * (LINKTYPE_LINUX_SLL); or something that is not looked into.
 */
export type Link = 'ethernet' | 'none' | 'cooked' | 'unknown';

/** What the packets of one interface are counted by. */
export interface CountingOptions {
  readonly hook: ProgramHook;
  /** As libpcap compiled them for the link type of `link`, on a live handle. */
  readonly classicPrograms: readonly ClassicProgram[];
  /** Ascending inclusive upper bounds, in bytes. */
  readonly sizeUpperBounds: readonly number[];
  /** `wire`: a packet that GRO merged or GSO will cut counts as the packets on the wire. XDP cannot tell them. */
  readonly count: 'wire' | 'captured';
  readonly link: Link;
  readonly maps: CountingMaps;
}

/** File descriptors of array maps, each with one entry. */
export interface CountingMaps {
  /** Per CPU: {@link counterLength} counters of 64 bits. */
  readonly counters: number;
  /** Per CPU: {@link SCRATCH_BYTES}, which nobody reads. */
  readonly scratch: number;
  /** Not per CPU: 0, the key of the only entry of the others. */
  readonly key: number;
}

/** Counters that a program needs: bytes and packets for every filter in every size bucket. */
export function counterLength(filters: number, upperBounds: number): number {
  return counterIndex(filters, upperBounds + 1, 0);
}

/** The place of a filter's bytes in a bucket; its packets follow. */
export function counterIndex(filters: number, bucket: number, filter: number): number {
  return (bucket * filters + filter) * 2;
}
