import { closeSync } from 'node:fs';

import { type RawInstruction, type SizeCounts, SizeTally } from '@ifcast/filter';

import { createSharedMemory } from '../../sys/shared-memory.ts';
import type { CaptureFilter } from '../capture-source.ts';
import { planGroups } from './plan-groups.ts';
import { SLOTS } from './worker-messages.ts';
import { WorkerProcess } from './worker-process.ts';

/** A filter as libpcap compiled it for the interface. */
export interface CompiledFilter {
  readonly filter: CaptureFilter;
  /** With `$MAC` filled in. */
  readonly expression: string;
  readonly program: readonly RawInstruction[];
}

export interface CountingWorkerOptions {
  /** Path of the worker's bundle. */
  readonly entry: string;
  readonly iface: string;
  readonly ethernet: boolean;
  /** Ascending inclusive upper bounds, in bytes. */
  readonly bounds: readonly number[];
  /** Called once, with what ended the worker. */
  readonly onExit: (how: string) => void;
  /** Called with each line that cap or libpcap writes. */
  readonly onStderr: (line: string) => void;
}

/** Where one filter's counts arrive. */
interface Slot {
  readonly index: number;
  /** What it held when it was read last. */
  collected: SizeCounts;
}

/** A worker with the memory that it counts into, which outlives it. */
export class CountingWorker {
  readonly #process: WorkerProcess;
  readonly #tally: SizeTally;
  readonly #nothing: SizeCounts;
  readonly #fd: number;
  readonly #slots = new Map<string, Slot>();

  /** Starts the process, which counts nothing yet. */
  constructor({ entry, iface, ethernet, bounds, onExit, onStderr }: CountingWorkerOptions) {
    const { fd, memory } = createSharedMemory(`ifcast ${iface}`, SizeTally.bytes(bounds, SLOTS));
    this.#fd = fd;
    this.#tally = new SizeTally(bounds, memory);
    this.#nothing = { bytes: 0n, sizes: new Array<bigint>(bounds.length + 1).fill(0n) };
    this.#process = new WorkerProcess(entry, iface, fd, onExit, onStderr);
    this.#process.tell({ type: 'start', iface, ethernet, bounds });
  }

  counts(filter: CaptureFilter): boolean {
    return this.#slots.has(keyOf(filter));
  }

  /**
   * Counts these filters too; those that it counts already are not touched.
   *
   * @throws DaemonError when libpcap cannot open the interface, or the worker has ended
   */
  async add(filters: readonly CompiledFilter[]): Promise<void> {
    const free = this.#freeSlots();
    const planned = filters.map((compiled) => ({ ...compiled, slot: free.shift()! }));
    for (const { filter, slot } of planned) {
      // The worker clears a slot before it counts into it.
      this.#slots.set(keyOf(filter), { index: slot, collected: this.#nothing });
    }
    for (const group of planGroups(planned)) await this.#process.open(group);
  }

  /** Counts no others than these any more. */
  keep(filters: readonly CaptureFilter[]): void {
    const kept = new Set(filters.map(keyOf));
    const gone = [...this.#slots].filter(([key]) => !kept.has(key));
    for (const [key] of gone) this.#slots.delete(key);
    this.#process.tell({ type: 'drop', slots: gone.map(([, slot]) => slot.index) });
  }

  /** What one filter has counted since the last call, also when the worker has ended; `null` when it is not counted. */
  collect(filter: CaptureFilter): SizeCounts | null {
    const slot = this.#slots.get(keyOf(filter));
    if (slot === undefined) return null;
    const now = this.#tally.read(slot.index);
    const before = slot.collected;
    slot.collected = now;
    return {
      bytes: now.bytes - before.bytes,
      sizes: now.sizes.map((size, bucket) => size - before.sizes[bucket]!),
    };
  }

  /** Ends the worker; what it has counted can still be collected. */
  async end(): Promise<void> {
    await this.#process.kill();
    closeSync(this.#fd);
  }

  #freeSlots(): number[] {
    const taken = new Set([...this.#slots.values()].map(({ index }) => index));
    return Array.from({ length: SLOTS }, (_, index) => index).filter((index) => !taken.has(index));
  }
}

function keyOf({ id, expression }: CaptureFilter): string {
  return `${id} ${expression}`;
}
