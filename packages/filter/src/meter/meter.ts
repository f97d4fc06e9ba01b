/**
 * What is done with a packet that a filter has matched. A merged packet is two passes through the filters: its full
 * segments, all alike, and the last one. A meter is told the packets and bytes of each pass, so that it never has to know.
 *
 * A second meter is a file here, with up to three parts:
 *
 * - in the kernel a {@link MatchMeter} or a {@link PassMeter}: it names its maps and emits its steps. Whoever loads the
 *   program makes the maps;
 * - a reader, which makes of what a {@link LoadedMap} holds the counts since it was read last. The totals that these are
 *   added to outlive the program;
 * - a {@link PacketMeter}, the same in JavaScript, for packets of a capture file or of a process that captures.
 */

import type { PacketInfo } from '../bpf/packet-info.ts';
import type { ProgramHook } from '../ebpf/base/hook.ts';
import type { MapSpec } from '../ebpf/base/map-spec.ts';
import type { EbpfInstruction, Register } from '../ebpf/isa/instruction.ts';

/** Counts at once where a filter matches. A program has one such meter: it owns r7. */
export interface MatchMeter {
  readonly maps: readonly MapSpec[];
  /** Once a packet, before anything is known of it. May call helpers; every pass begins with the r7 that this leaves. */
  open(): EbpfInstruction[];
  /** Once a pass: the wire length is in r5. May change r0–r4 and r7; calls nothing. */
  beginPass(hook: ProgramHook): EbpfInstruction[];
  /**
   * A filter has matched. May change r0–r4, where these do not hold what is to be counted; calls nothing.
   *
   * @param filter - its index
   * @param bytes - all bytes of the pass
   * @param packets - how many packets they are
   */
  match(filter: number, bytes: Register, packets: Register | 1): EbpfInstruction[];
}

/**
 * Counts at the end of a pass, when all filters are decided. A program may have any number of such meters; one makes each
 * packet pay for a copy of its front in the scratch map.
 */
export interface PassMeter {
  readonly maps: readonly MapSpec[];
  /** Indexes of the filters that its steps ask about, see `unlessMatched`. */
  readonly filters: readonly number[];
  /** The walk over the headers runs first; what it found is in the scratch map, see `headerField`. */
  readonly needsHeaders: boolean;
  /** Bytes of the scratch map that are its own, and keep their values only until its steps end. */
  readonly scratchBytes: number;
  /**
   * Its steps, once a pass. They fall through at their end. r8 points to the scratch map, which holds the packet's front as it
   * is on the wire, and in `FIELD.bytes` and `FIELD.packets` what is to be counted. r6–r9 have to be kept; helpers may be called.
   */
  emit(place: PassPlace): EbpfInstruction[];
}

/** Where the steps of a {@link PassMeter} stand. */
export interface PassPlace {
  readonly hook: ProgramHook;
  /** Offset of its own bytes in the scratch map. */
  readonly scratch: number;
  /** A label's name that nothing else uses; more of them begin with it and a dot. */
  readonly label: string;
}

/** A map of a loaded program. */
export interface LoadedMap {
  /**
   * Reads the value of one entry, of a per-CPU map that of every processor, one after the other. It is valid until the next
   * call.
   *
   * @param index - 0 for the first entry
   */
  read(index: number): BigUint64Array;
}

/** A meter in JavaScript. */
export interface PacketMeter {
  /** A packet that filters are about to be asked for. */
  begin(packet: MeteredPacket): void;
  /** One of them has matched it. */
  match(filter: number): void;
}

/** A packet as filters and meters take it. */
export interface MeteredPacket {
  /** The captured bytes, without a lifted tag. */
  readonly data: Uint8Array;
  readonly info: PacketInfo;
  /** Bytes on the wire, with the tag. */
  readonly wireLength: number;
}
