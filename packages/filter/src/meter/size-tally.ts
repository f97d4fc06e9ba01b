import type { MeteredPacket, PacketMeter } from './meter.ts';
import type { SizeCounts } from './sizes.ts';

/**
 * Counts sizes in JavaScript, into memory that another process may share.
 *
 * ```
 *   filter 0                        filter 1
 *   | bytes | size 0 | … | size n | bytes | …      n = upper bounds; float64 each, exact up to 2^53
 * ```
 */
export class SizeTally implements PacketMeter {
  readonly #bounds: readonly number[];
  readonly #values: Float64Array;
  #wireLength = 0;
  /** Of the packet that is counted; 1 for the first: bytes stand before it. */
  #place = 0;

  /**
   * @param bounds - ascending inclusive upper bounds, in bytes
   * @param memory - at least {@link SizeTally.bytes}; all 0 where nothing has been counted
   */
  constructor(bounds: readonly number[], memory: ArrayBuffer) {
    this.#bounds = bounds;
    this.#values = new Float64Array(memory);
  }

  /** The size of the memory for so many filters, in bytes. */
  static bytes(bounds: readonly number[], filters: number): number {
    return filters * (bounds.length + 2) * Float64Array.BYTES_PER_ELEMENT;
  }

  begin({ wireLength }: MeteredPacket): void {
    this.#wireLength = wireLength;
    this.#place = 1 + sizeBucket(this.#bounds, wireLength);
  }

  match(filter: number): void {
    const at = filter * (this.#bounds.length + 2);
    this.#values[at]! += this.#wireLength;
    this.#values[at + this.#place]! += 1;
  }

  /** What a filter has counted since it was cleared. */
  read(filter: number): SizeCounts {
    const stride = this.#bounds.length + 2;
    const [bytes, ...sizes] = this.#values.subarray(filter * stride, (filter + 1) * stride);
    return { bytes: BigInt(bytes!), sizes: sizes.map(BigInt), incoming: null };
  }

  clear(filter: number): void {
    const stride = this.#bounds.length + 2;
    this.#values.fill(0, filter * stride, (filter + 1) * stride);
  }
}

/**
 * The index of the bucket that counts a packet of `wireLength` bytes.
 *
 * @param bounds - ascending inclusive upper bounds, in bytes
 * @returns 0 … `bounds.length`; the last is everything above
 */
export function sizeBucket(bounds: readonly number[], wireLength: number): number {
  let index = 0;
  while (index < bounds.length && wireLength > bounds[index]!) index++;
  return index;
}
