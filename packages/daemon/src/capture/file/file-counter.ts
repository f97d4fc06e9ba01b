import { decodeProgram, fillMac, type PacketInfo, type Predicate, predicateOf } from '@ifcast/filter';
import { sizeBucket } from '@ifcast/protocol';

import type { FilterTotals } from '../../report/counts.ts';
import type { CapturedPacket } from '../../sys/pcap-file.ts';
import type { CaptureFilter } from '../capture-source.ts';
import { compileFilters, FiltersRefused } from '../filter-compiler.ts';
import type { Totals } from '../totals.ts';

const COMPILE_DEADLINE_MS = 60_000;
/** A capture file belongs to no interface. */
const NO_MAC = '00:00:00:00:00:00';

/** The packets of a capture file, counted. */
export class FileCounter {
  readonly linkType: string;
  readonly #filters: readonly { readonly id: string; readonly matches: Predicate }[];
  readonly #bounds: readonly number[];
  readonly #bytes: number[];
  readonly #sizes: number[][];
  readonly #since = new Date();

  private constructor(
    linkType: string,
    filters: readonly { readonly id: string; readonly matches: Predicate }[],
    bounds: readonly number[],
  ) {
    this.linkType = linkType;
    this.#filters = filters;
    this.#bounds = bounds;
    this.#bytes = filters.map(() => 0);
    this.#sizes = filters.map(() => new Array<number>(bounds.length + 1).fill(0));
  }

  /**
   * Compiles the filters for a link type: in a file VLAN tags stay in the frame, as tcpdump reads it.
   *
   * @param linkType - `DLT_*`
   * @throws {@link FiltersRefused} for what libpcap refuses, and for what only a live capture can tell
   */
  static async create(
    linkType: number,
    filters: readonly CaptureFilter[],
    bounds: readonly number[],
  ): Promise<FileCounter> {
    const compiled = await compileFilters({
      handle: { kind: 'dead', linkType },
      filters: filters.map(({ id, expression }) => ({ id, expression: fillMac(expression, NO_MAC) })),
      timeoutMs: COMPILE_DEADLINE_MS,
    });
    const counted = filters.map(({ id }, index) => {
      const program = decodeProgram(compiled.programs[index]!);
      if (program.some((instruction) => instruction.op === 'loadExtension')) {
        const reason = 'asks for what a capture file does not hold: direction or interface index';
        throw new FiltersRefused([{ filterId: id, reason }]);
      }
      return { id, matches: predicateOf(program) };
    });
    return new FileCounter(compiled.linkType, counted, bounds);
  }

  count({ data, wireLength }: CapturedPacket): void {
    // No program asks for anything but the length: see `create`.
    const info: PacketInfo = {
      untaggedLength: wireLength,
      packetType: 0,
      protocol: 0,
      ifindex: 0,
      vlan: null,
    };
    const bucket = sizeBucket(this.#bounds, wireLength);
    this.#filters.forEach(({ matches }, index) => {
      if (!matches(data, info)) return;
      this.#bytes[index]! += wireLength;
      this.#sizes[index]![bucket]! += 1;
    });
  }

  /** The counts so far. */
  read(): FilterTotals[] {
    return this.#filters.map(({ id }, index) => ({
      id,
      since: this.#since,
      bytes: BigInt(this.#bytes[index]!),
      sizes: this.#sizes[index]!.map(BigInt),
    }));
  }

  /** Moves the counts so far to the totals of the same filters, and begins at 0. */
  takeInto(totals: Totals): void {
    this.read().forEach(({ bytes, sizes }, index) => {
      totals.add(index, bytes, sizes);
      this.#bytes[index] = 0;
      this.#sizes[index]!.fill(0);
    });
  }
}
