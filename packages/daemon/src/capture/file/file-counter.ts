import {
  decodeProgram,
  type ExecutedFilter,
  executeFilters,
  fillMac,
  type Instruction,
  type PacketInfo,
  predicateOf,
  SizeTally,
} from '@ifcast/filter';

import { DaemonError } from '../../base/daemon-error.ts';
import { type CompiledFilters, compileFilters, type FilterReason } from '../../compile/filter-compiler.ts';
import type { CapturedPacket } from '../../sys/pcap-file.ts';
import type { SavefileTraits } from '../../sys/pcap-stream.ts';
import type { CaptureFilter } from '../capture-source.ts';
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
  readonly #filters: readonly ExecutedFilter[];
  readonly #tally: SizeTally;

  private constructor(
    { linkType, unmatchable }: CompiledFilters,
    filters: readonly ExecutedFilter[],
    bounds: readonly number[],
  ) {
    this.linkType = linkType;
    this.unmatchable = unmatchable;
    this.#filters = filters;
    this.#tally = new SizeTally(bounds, new ArrayBuffer(SizeTally.bytes(bounds, filters.length)));
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
    const executed = compiled.programs.map((program, filter) => ({
      filter,
      matches: predicateOf(decodeProgram(program).map(asInFile)),
    }));
    return new FileCounter(compiled, executed, bounds);
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
    executeFilters(this.#filters, [this.#tally], { data, info, wireLength });
  }

  /** Moves the counts so far to the totals of the same filters, and begins at 0. */
  collectInto(totals: Totals): void {
    for (const { filter } of this.#filters) {
      totals.add(filter, this.#tally.read(filter));
      this.#tally.clear(filter);
    }
  }
}

/** What the kernel knows of a packet is not in a file: for libpcap such a load lies outside the packet. */
function asInFile(instruction: Instruction): Instruction {
  return instruction.op === 'loadExtension' ? { op: 'return', value: 0 } : instruction;
}
