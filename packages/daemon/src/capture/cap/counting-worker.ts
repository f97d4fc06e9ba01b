import { closeSync } from 'node:fs';

import type { RawInstruction, SizeCounts, SizeTally } from '@ifcast/filter';

import { createSharedMemory } from '../../sys/shared-memory.ts';
import type { CaptureFilter } from '../capture-source.ts';
import { planGroups } from './plan-groups.ts';
import { WorkerMemory } from './worker-memory.ts';
import { SLOTS, type WorkerTask } from './worker-messages.ts';
import { WorkerProcess } from './worker-process.ts';

/** A filter as libpcap compiled it for the interface. */
export interface CompiledFilter {
  readonly filter: CaptureFilter;
  /** With `$MAC` filled in. */
  readonly expression: string;
  readonly program: readonly RawInstruction[];
}

export interface CountingWorkerOptions {
  readonly task: WorkerTask;
  /** Of the libpcap handle that most filters share. */
  readonly ringBytes: number;
  /** Called once, with what ended the worker. */
  readonly onExit: (how: string) => void;
  /** Called with each line that cap or libpcap writes. */
  readonly onStderr: (line: string) => void;
}

/** Where one filter's counts arrive. */
interface Slot {
  readonly index: number;
  /** What it held when it was read last; `null` when it has not been. */
  collected: SizeCounts | null;
}

/** A worker with the memory that it counts into, which outlives it. */
export class CountingWorker {
  readonly #process: WorkerProcess;
  readonly #memory: WorkerMemory;
  readonly #fd: number;
  readonly #slots = new Map<string, Slot>();
  #tally: SizeTally | null = null;
  #ringBytes = 0;

  /**
   * Starts the process, which counts nothing yet.
   *
   * @param entry - path of the worker's bundle
   */
  constructor(entry: string) {
    const { fd, memory } = createSharedMemory('ifcast counters', WorkerMemory.bytes);
    this.#fd = fd;
    this.#memory = new WorkerMemory(memory);
    this.#process = new WorkerProcess(entry, fd);
  }

  /** Gives it something to count; called once. */
  begin({ task, ringBytes, onExit, onStderr }: CountingWorkerOptions): void {
    this.#tally = this.#memory.tally(task.bounds);
    this.#ringBytes = ringBytes;
    this.#process.begin(task, onExit, onStderr);
  }

  get isAlive(): boolean {
    return this.#process.isAlive;
  }

  /** Packets that it has lost; `null` where that cannot be known. */
  get dropped(): number | null {
    return this.#memory.dropped;
  }

  /** Grows while the process does anything. */
  get heartbeat(): number {
    return this.#memory.heartbeat;
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
      this.#slots.set(keyOf(filter), { index: slot, collected: null });
    }
    await this.#process.open(planGroups(planned, this.#ringBytes));
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
    if (slot === undefined || this.#tally === null) return null;
    const now = this.#tally.read(slot.index);
    const before = slot.collected;
    slot.collected = now;
    if (before === null) return now;
    return {
      bytes: now.bytes - before.bytes,
      sizes: now.sizes.map((size, bucket) => size - before.sizes[bucket]!),
      incoming: null,
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
