import { SizeTally } from '@ifcast/filter';

import { SLOTS } from './worker-messages.ts';

/** As many as a configuration may have. */
const MOST_BOUNDS = new Array<number>(15).fill(0);

/**
 * What a worker writes and the daemon reads, so that nothing counted is lost when the worker dies, and no message is sent to
 * count: the counts of the slots, and a heartbeat, which grows as long as the worker does anything.
 */
export class WorkerMemory {
  /** In bytes, whatever is counted: the worker is started before that is known. */
  static readonly bytes: number = SizeTally.bytes(MOST_BOUNDS, SLOTS) + Float64Array.BYTES_PER_ELEMENT;
  readonly #memory: ArrayBuffer;
  readonly #heartbeat: Float64Array;

  constructor(memory: ArrayBuffer) {
    this.#memory = memory;
    this.#heartbeat = new Float64Array(memory, WorkerMemory.bytes - Float64Array.BYTES_PER_ELEMENT, 1);
  }

  /** @param bounds - ascending inclusive upper bounds, in bytes */
  tally(bounds: readonly number[]): SizeTally {
    return new SizeTally(bounds, this.#memory);
  }

  get heartbeat(): number {
    return this.#heartbeat[0]!;
  }

  beat(): void {
    this.#heartbeat[0]! += 1;
  }
}
