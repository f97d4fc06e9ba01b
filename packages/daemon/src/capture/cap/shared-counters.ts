import { SLOTS } from './worker-messages.ts';

/**
 * Counters in memory that a worker writes and the daemon reads, so that nothing counted is lost when the worker dies, and
 * no message is sent to count.
 *
 * ```
 *   slot 0                          slot 1
 *   | bytes | size 0 | … | size n | bytes | …      n = upper bounds; float64 each, exact up to 2^53
 * ```
 */
export class SharedCounters {
  readonly values: Float64Array;
  /** Numbers in one slot. */
  readonly stride: number;

  /** @param bucketCount - upper bounds + 1 */
  constructor(memory: ArrayBuffer, bucketCount: number) {
    this.stride = 1 + bucketCount;
    this.values = new Float64Array(memory, 0, SLOTS * this.stride);
  }

  /** The size of the memory, in bytes. */
  static bytes(bucketCount: number): number {
    return SLOTS * (1 + bucketCount) * Float64Array.BYTES_PER_ELEMENT;
  }

  /** A copy of what a slot holds: bytes, then packets per size bucket. */
  read(slot: number): Float64Array {
    return this.values.slice(slot * this.stride, (slot + 1) * this.stride);
  }

  clear(slot: number): void {
    this.values.fill(0, slot * this.stride, (slot + 1) * this.stride);
  }
}
