/** Counting sizes: the packets and bytes of each filter in each size bucket, in the kernel and in JavaScript. */

import { isOutgoing, type ProgramHook } from '../ebpf/base/hook.ts';
import { lookUpFirst } from '../ebpf/base/look-up.ts';
import type { MapSpec } from '../ebpf/base/map-spec.ts';
import { COUNTERS, WIRE_LENGTH } from '../ebpf/base/registers.ts';
import {
  alu,
  type EbpfInstruction,
  load,
  mov,
  R0,
  R1,
  R2,
  type Register,
  store,
} from '../ebpf/isa/instruction.ts';
import type { LoadedMap, MatchMeter } from './meter.ts';

/** How many filters are counted, and in which buckets. */
export interface SizesShape {
  readonly filters: number;
  /** Ascending inclusive upper bounds, in bytes; one more bucket holds everything above. */
  readonly sizeUpperBounds: readonly number[];
}

/** What one filter has counted. The packets are the sum of the sizes. */
export interface SizeCounts {
  readonly bytes: bigint;
  /** Packets per size bucket. */
  readonly sizes: readonly bigint[];
  /** Those of them that came in; `null` where nobody can tell. */
  readonly incoming: Traffic | null;
}

export interface Traffic {
  readonly packets: bigint;
  readonly bytes: bigint;
}

const COUNTER_BYTES = 8;

/**
 * Counters for bytes and packets of every filter in every bucket and direction:
 *
 *     what comes in                       what goes out
 *     | bucket 0 | … | bucket n |         | bucket 0 | … | bucket n |
 *       each: filter 0 bytes, packets | filter 1 bytes, packets | …
 *
 * The direction only chooses the row, so a filter that matches adds no more than it would without.
 */
export class SizesMeter implements MatchMeter {
  readonly #shape: SizesShape;

  constructor(shape: SizesShape) {
    this.#shape = shape;
  }

  get maps(): readonly MapSpec[] {
    const { filters, sizeUpperBounds } = this.#shape;
    const counters = Math.max(1, counterIndex(filters, DIRECTIONS * (sizeUpperBounds.length + 1), 0));
    return [
      {
        name: SIZES_MAP,
        type: 'perCpuArray',
        keyBytes: 4,
        valueBytes: counters * COUNTER_BYTES,
        entries: 1,
      },
    ];
  }

  open(): EbpfInstruction[] {
    return [...lookUpFirst(SIZES_MAP), mov(COUNTERS, R0)];
  }

  /** r7 += the row of the packet's direction and of the bucket that r5 falls in, without a branch. */
  beginPass(hook: ProgramHook): EbpfInstruction[] {
    const { filters, sizeUpperBounds } = this.#shape;
    return [
      ...isOutgoing(hook, R1),
      // Where the hook decides it already, the row is known.
      ...(hook === 'tcxIngress' || hook === 'xdp' ? [] : [alu('mul', R1, sizeUpperBounds.length + 1)]),
      ...sizeUpperBounds.flatMap((bound) => [
        mov(R2, bound),
        alu('sub', R2, WIRE_LENGTH),
        // The sign: 1 when the length is above the bound.
        alu('rsh', R2, 63),
        alu('add', R1, R2),
      ]),
      alu('mul', R1, counterIndex(filters, 1, 0) * COUNTER_BYTES),
      alu('add', COUNTERS, R1),
    ];
  }

  match(filter: number, bytes: Register, packets: Register | 1): EbpfInstruction[] {
    const offset = counterIndex(this.#shape.filters, 0, filter) * COUNTER_BYTES;
    return [
      load(8, R0, COUNTERS, offset),
      alu('add', R0, bytes),
      store(8, COUNTERS, offset, R0),
      load(8, R0, COUNTERS, offset + COUNTER_BYTES),
      alu('add', R0, packets),
      store(8, COUNTERS, offset + COUNTER_BYTES, R0),
    ];
  }
}

/** The map of {@link SizesMeter}. */
export const SIZES_MAP = 'sizes';

const DIRECTIONS = 2;

/** The place of a filter's bytes in a row; its packets follow. */
function counterIndex(filters: number, row: number, filter: number): number {
  return (row * filters + filter) * 2;
}

/** Reads what a {@link SizesMeter} has counted. */
export class SizesReader {
  readonly #shape: SizesShape;
  readonly #map: LoadedMap;
  readonly #now: BigUint64Array;
  readonly #before: BigUint64Array;

  /** @param map - {@link SIZES_MAP} of the loaded program, in which nothing has been counted yet */
  constructor(shape: SizesShape, map: LoadedMap) {
    this.#shape = shape;
    this.#map = map;
    const counters = counterIndex(shape.filters, DIRECTIONS * (shape.sizeUpperBounds.length + 1), 0);
    this.#now = new BigUint64Array(counters);
    this.#before = new BigUint64Array(counters);
  }

  /** What each filter has counted since the last call. */
  collect(): SizeCounts[] {
    const { filters, sizeUpperBounds } = this.#shape;
    this.#sum(this.#map.read(0));
    const since = (at: number): bigint => this.#now[at]! - this.#before[at]!;
    const buckets = sizeUpperBounds.length + 1;
    const counts = Array.from({ length: filters }, (_, filter): SizeCounts => {
      let bytes = 0n;
      const incoming = { packets: 0n, bytes: 0n };
      const sizes: bigint[] = [];
      for (let bucket = 0; bucket < buckets; bucket++) {
        const [into, out] = [
          counterIndex(filters, bucket, filter),
          counterIndex(filters, buckets + bucket, filter),
        ];
        incoming.bytes += since(into);
        incoming.packets += since(into + 1);
        bytes += since(into) + since(out);
        sizes.push(since(into + 1) + since(out + 1));
      }
      return { bytes, sizes, incoming };
    });
    this.#before.set(this.#now);
    return counts;
  }

  /** Adds up the copies of all processors. */
  #sum(copies: BigUint64Array): void {
    const { length } = this.#now;
    this.#now.fill(0n);
    for (let copy = 0; copy < copies.length; copy += length) {
      for (let i = 0; i < length; i++) this.#now[i]! += copies[copy + i]!;
    }
  }
}
