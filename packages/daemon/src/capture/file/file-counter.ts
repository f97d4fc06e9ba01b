import {
  decodeProgram,
  fillMac,
  type Instruction,
  type PacketInfo,
  type Predicate,
  predicateOf,
} from '@ifcast/filter';
import { sizeBucket } from '@ifcast/protocol';

import { DaemonError } from '../../daemon-error.ts';
import type { CapturedPacket } from '../../sys/pcap-file.ts';
import type { SavefileTraits } from '../../sys/pcap-stream.ts';
import type { CaptureFilter } from '../capture-source.ts';
import { type CompiledFilters, compileFilters, type FilterReason } from '../filter-compiler.ts';
import type { Totals } from '../totals.ts';
import { captureName } from './open-capture.ts';

/** A capture file belongs to no interface. */
const NO_MAC = '00:00:00:00:00:00';

/** The packets of a capture file, counted. */
export class FileCounter {
  /** Name of the link type, such as `EN10MB`. */
  readonly linkType: string;
  /** Filters that no packet of the file can match, with libpcap's words. */
  readonly unmatchable: readonly FilterReason[];
  readonly #filters: readonly Predicate[];
  readonly #bounds: readonly number[];
  readonly #bytes: number[];
  readonly #sizes: number[][];

  private constructor(
    { linkType, unmatchable }: CompiledFilters,
    filters: readonly Predicate[],
    bounds: readonly number[],
  ) {
    this.linkType = linkType;
    this.unmatchable = unmatchable;
    this.#filters = filters;
    this.#bounds = bounds;
    this.#bytes = filters.map(() => 0);
    this.#sizes = filters.map(() => new Array<number>(bounds.length + 1).fill(0));
  }

  /**
   * Compiles the filters for a file: in it VLAN tags stay in the frame, as tcpdump reads it.
   *
   * @param path - for messages
   * @throws {@link FiltersRefused} for what libpcap refuses, also what only a live capture can tell; {@link DaemonError}
   *   `unavailable` for a link type that libpcap does not know
   */
  static async create(
    { path, traits }: { readonly path: string; readonly traits: SavefileTraits },
    filters: readonly CaptureFilter[],
    bounds: readonly number[],
  ): Promise<FileCounter> {
    const compiled = await compileFilters({
      handle: { kind: 'file', ...traits },
      filters: filters.map(({ id, expression }) => ({ id, expression: fillMac(expression, NO_MAC) })),
    }).catch((error: unknown) => {
      if (!(error instanceof DaemonError) || error.code !== 'unavailable') throw error;
      throw new DaemonError('unavailable', `${captureName(path)} cannot be counted: ${error.message}`, {
        cause: error,
      });
    });
    const predicates = compiled.programs.map((program) => predicateOf(decodeProgram(program).map(asInFile)));
    return new FileCounter(compiled, predicates, bounds);
  }

  count({ data, wireLength }: CapturedPacket): void {
    // No program asks for anything but the length: see `asInFile`.
    const info: PacketInfo = {
      untaggedLength: wireLength,
      packetType: 0,
      protocol: 0,
      ifindex: 0,
      vlan: null,
    };
    const bucket = sizeBucket(this.#bounds, wireLength);
    this.#filters.forEach((matches, index) => {
      if (!matches(data, info)) return;
      this.#bytes[index]! += wireLength;
      this.#sizes[index]![bucket]! += 1;
    });
  }

  /** Moves the counts so far to the totals of the same filters, and begins at 0. */
  collectInto(totals: Totals): void {
    this.#bytes.forEach((bytes, index) => {
      totals.add(index, BigInt(bytes), this.#sizes[index]!.map(BigInt));
      this.#bytes[index] = 0;
      this.#sizes[index]!.fill(0);
    });
  }
}

/** What the kernel knows of a packet is not in a file: for libpcap such a load lies outside the packet. */
function asInFile(instruction: Instruction): Instruction {
  return instruction.op === 'loadExtension' ? { op: 'return', value: 0 } : instruction;
}
