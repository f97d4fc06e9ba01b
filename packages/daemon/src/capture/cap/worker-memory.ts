import { SizeTally } from '@ifcast/filter';

import { SLOTS } from './worker-messages.ts';

/** As many as a configuration may have. */
const MOST_BOUNDS = new Array<number>(15).fill(0);

/**
 * What a worker writes and the daemon reads, so that nothing counted is lost when the worker dies, and no message is sent to
 * count: the counts of the slots, a heartbeat, which grows as long as the worker does anything, and the packets that it has lost.
 */
export class WorkerMemory {
  /** In bytes, whatever is counted: the worker is started before that is known. */
  static readonly bytes: number = SizeTally.bytes(MOST_BOUNDS, SLOTS) + 2 * Float64Array.BYTES_PER_ELEMENT;
  readonly #memory: ArrayBuffer;
  readonly #signs: Float64Array;

  constructor(memory: ArrayBuffer) {
    this.#memory = memory;
    this.#signs = new Float64Array(memory, WorkerMemory.bytes - 2 * Float64Array.BYTES_PER_ELEMENT, 2);
  }

  /** @param bounds - ascending inclusive upper bounds, in bytes */
  tally(bounds: readonly number[]): SizeTally {
    return new SizeTally(bounds, this.#memory);
  }

  get heartbeat(): number {
    return this.#signs[0]!;
  }

  beat(): void {
    this.#signs[0]! += 1;
  }

  /** Packets that the kernel could not hand over; `null` where that cannot be known. */
  get dropped(): number | null {
    const dropped = this.#signs[1]!;
    return Number.isNaN(dropped) ? null : dropped;
  }

  /** @param more - `null`: it cannot be known from now on */
  addDropped(more: number | null): void {
    this.#signs[1]! += more ?? Number.NaN;
  }
}
