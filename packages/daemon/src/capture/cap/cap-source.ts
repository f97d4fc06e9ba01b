import { closeSync } from 'node:fs';

import { fillMac, type RawInstruction } from '@ifcast/filter';

import { DaemonError } from '../../daemon-error.ts';
import type { Log } from '../../log.ts';
import type { InterfaceFacts } from '../../sys/network-interface.ts';
import { createSharedMemory } from '../../sys/shared-memory.ts';
import type {
  CaptureFilter,
  CaptureSource,
  CaptureStatus,
  CaptureTask,
  InterfaceCounts,
  StatusListener,
} from '../capture-source.ts';
import { compileFilters } from '../filter-compiler.ts';
import { InterfaceWatch } from '../interface-watch.ts';
import { Totals } from '../totals.ts';
import { type PlannedFilter, planGroups } from './plan-groups.ts';
import { SharedCounters } from './shared-counters.ts';
import { SLOTS } from './worker-messages.ts';
import { WorkerProcess } from './worker-process.ts';

/** A failed open is tried again after this long: three tries within the 3 s in which counting has to go on. */
const RETRY_MS = 1_000;
const COMPILE_DEADLINE_MS = 60_000;
const LINKTYPE_ETHERNET = 'EN10MB';

export interface CapSourceOptions {
  readonly task: CaptureTask;
  /** Path of the worker's bundle. */
  readonly workerEntry: string;
  /** Why not another backend, for `status().reason` while all is well; `null` when there is nothing to say. */
  readonly insteadOf: string | null;
  readonly probe: (name: string) => InterfaceFacts | null;
  readonly log: Log;
  readonly onStatus: StatusListener;
}

/** One filter and where its counts arrive. */
interface Counted {
  readonly filter: CaptureFilter;
  readonly slot: number;
  /** What the slot held when it was read last. */
  taken: Float64Array;
}

/** A worker with what it counts. */
interface Running {
  readonly worker: WorkerProcess;
  readonly counters: SharedCounters;
  readonly fd: number;
  readonly facts: InterfaceFacts;
}

/**
 * Counts one interface with the npm package `cap`, in a child process: cap aborts its process when the interface goes
 * down, is deleted, renamed or moved.
 */
export class CapSource implements CaptureSource {
  readonly #options: CapSourceOptions;
  readonly #watch: InterfaceWatch;
  readonly #totals: Totals;
  #task: CaptureTask;
  #facts: InterfaceFacts | null = null;
  #counted: Counted[] = [];
  #running: Running | null = null;
  #retry: NodeJS.Timeout | undefined;
  #opens = 0;
  #stopped = false;
  #status: CaptureStatus = {
    state: 'waiting',
    reason: 'not started',
    backend: 'cap',
    hook: null,
    count: 'captured',
    linkType: null,
  };
  /** Everything that opens or closes runs here, one after the other. */
  #tail: Promise<void> = Promise.resolve();

  constructor(options: CapSourceOptions) {
    this.#options = options;
    this.#task = options.task;
    this.#totals = new Totals(options.task.filters, options.task.sizeUpperBounds, null);
    this.#watch = new InterfaceWatch(options.task.iface, options.probe, (facts) => {
      this.#facts = facts;
      this.#reconcileSoon();
    });
  }

  get iface(): string {
    return this.#task.iface;
  }

  get restarts(): number {
    return Math.max(0, this.#opens - 1);
  }

  /** The process that counts now, `null` when none does. */
  get workerPid(): number | null {
    return this.#running?.worker.pid ?? null;
  }

  status(): CaptureStatus {
    return this.#status;
  }

  async start(): Promise<void> {
    this.#facts = this.#watch.start();
    try {
      await this.#enqueue(() => this.#reconcile());
    } catch (error) {
      if (!(error instanceof DaemonError) || error.code !== 'unavailable') {
        await this.stop();
        throw error;
      }
      this.#fail(error);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watch.stop();
    clearTimeout(this.#retry);
    await this.#enqueue(() => this.#close());
  }

  async read(): Promise<InterfaceCounts> {
    this.#collect();
    return this.#totals.read();
  }

  async replace(task: CaptureTask): Promise<void> {
    await this.#enqueue(async () => {
      const sameBounds = String(task.sizeUpperBounds) === String(this.#task.sizeUpperBounds);
      if (this.#running === null || !sameBounds) {
        // What libpcap refuses must be known while the old ones still count.
        if (this.#facts?.up) await this.#compile(task.filters, this.#facts);
        await this.#close();
        this.#adopt(task, []);
        await this.#reconcile();
        return;
      }
      await this.#replaceInPlace(this.#running, task);
    });
  }

  /** Filters that stay are not touched: new ones get a handle beside theirs, old ones are dropped after. */
  async #replaceInPlace(running: Running, task: CaptureTask): Promise<void> {
    const stays = (filter: CaptureFilter) =>
      this.#counted.find(
        (counted) => counted.filter.id === filter.id && counted.filter.expression === filter.expression,
      );
    const added = task.filters.filter((filter) => stays(filter) === undefined);
    const free = freeSlots(this.#counted.map((counted) => counted.slot));
    const slots = task.filters.map((filter) => stays(filter)?.slot ?? free.shift()!);
    if (added.length > 0) {
      const { programs } = await this.#compile(added, running.facts);
      const slotOf = (filter: CaptureFilter) => slots[task.filters.indexOf(filter)]!;
      await this.#openGroups(running.worker, planned(added, programs, slotOf, running.facts));
    }
    const counted = task.filters.map((filter, index): Counted => {
      const slot = slots[index]!;
      return { filter, slot, taken: running.counters.read(slot) };
    });
    const gone = this.#counted.filter((old) => !counted.some((next) => next.slot === old.slot));
    running.worker.tell({ type: 'drop', slots: gone.map((old) => old.slot) });
    this.#adopt(task, counted);
  }

  #adopt(task: CaptureTask, counted: Counted[]): void {
    this.#collect();
    // What a staying filter had counted until now is in the totals: go on from there.
    for (const next of counted) {
      next.taken = this.#counted.find((old) => old.slot === next.slot)?.taken ?? next.taken;
    }
    this.#task = task;
    this.#counted = counted;
    this.#totals.replace(task.filters, task.sizeUpperBounds);
  }

  /** Adds to the totals what the worker has counted since the last time. */
  #collect(): void {
    const counters = this.#running?.counters;
    if (counters === undefined) return;
    this.#counted.forEach((counted, index) => {
      const now = counters.read(counted.slot);
      const grown = Array.from(now, (value, i) => BigInt(value - counted.taken[i]!));
      counted.taken = now;
      this.#totals.add(index, grown[0]!, grown.slice(1));
    });
  }

  #enqueue(step: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(step);
    this.#tail = done.catch(() => {});
    return done;
  }

  #reconcileSoon(): void {
    this.#enqueue(() => this.#reconcile()).catch((error: unknown) => this.#fail(error));
  }

  /** Brings the worker in line with the interface. */
  async #reconcile(): Promise<void> {
    if (this.#stopped) return;
    const facts = this.#facts;
    if (facts === null || !facts.up) {
      await this.#close();
      const reason = `interface ${this.iface} ${facts === null ? 'is not there' : 'is down'}`;
      this.#setStatus({ ...this.#status, state: 'waiting', reason });
      return;
    }
    if (this.#running !== null && !this.#mustReopen(this.#running.facts, facts)) return;
    await this.#close();
    await this.#open(facts);
  }

  #mustReopen(opened: InterfaceFacts, now: InterfaceFacts): boolean {
    const asksMac = this.#task.filters.some((filter) => filter.expression.includes('$MAC'));
    return (
      opened.ifindex !== now.ifindex ||
      opened.hardwareType !== now.hardwareType ||
      (asksMac && opened.mac !== now.mac)
    );
  }

  async #open(facts: InterfaceFacts): Promise<void> {
    const { filters, sizeUpperBounds } = this.#task;
    const { linkType, programs } = await this.#compile(filters, facts);
    const buckets = sizeUpperBounds.length + 1;
    const { fd, memory } = createSharedMemory(`ifcast ${this.iface}`, SharedCounters.bytes(buckets));
    const counters = new SharedCounters(memory, buckets);
    const worker = new WorkerProcess(
      this.#options.workerEntry,
      this.iface,
      fd,
      (how) => this.#workerEnded(worker, how),
      (line) => this.#options.log.debug(`cap on ${this.iface}: ${line}`),
    );
    const counted = filters.map((filter, slot): Counted => ({ filter, slot, taken: counters.read(slot) }));
    try {
      worker.tell({
        type: 'start',
        iface: this.iface,
        ethernet: linkType === LINKTYPE_ETHERNET,
        bounds: sizeUpperBounds,
      });
      await this.#openGroups(
        worker,
        planned(filters, programs, (filter) => filters.indexOf(filter), facts),
      );
    } catch (error) {
      await worker.kill();
      closeSync(fd);
      throw error;
    }
    this.#counted = counted;
    this.#running = { worker, counters, fd, facts };
    this.#opens++;
    this.#setStatus({ ...this.#status, state: 'counting', reason: this.#options.insteadOf, linkType });
  }

  async #openGroups(worker: WorkerProcess, filters: readonly PlannedFilter[]): Promise<void> {
    for (const group of planGroups(filters)) await worker.open(group);
  }

  #compile(filters: readonly CaptureFilter[], facts: InterfaceFacts): ReturnType<typeof compileFilters> {
    return compileFilters({
      handle: { kind: 'live', iface: this.iface },
      filters: filters.map(({ id, expression }) => ({ id, expression: fillMac(expression, facts.mac) })),
      timeoutMs: COMPILE_DEADLINE_MS,
    });
  }

  #workerEnded(worker: WorkerProcess, how: string): void {
    if (this.#running?.worker !== worker || this.#stopped) return;
    this.#facts = this.#watch.look();
    this.#enqueue(async () => {
      if (this.#running?.worker !== worker) return;
      await this.#close();
      if (this.#facts?.up)
        this.#options.log.warn(`capture on ${this.iface} ended with ${how}; starting it again`);
      await this.#reconcile();
    }).catch((error: unknown) => this.#fail(error));
  }

  async #close(): Promise<void> {
    clearTimeout(this.#retry);
    const running = this.#running;
    if (running === null) return;
    await running.worker.kill();
    this.#collect();
    this.#running = null;
    closeSync(running.fd);
  }

  #fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== this.#status.reason) this.#options.log.error(reason);
    this.#setStatus({ ...this.#status, state: 'failed', reason });
    if (!this.#stopped) this.#retry = setTimeout(() => this.#reconcileSoon(), RETRY_MS);
  }

  #setStatus(status: CaptureStatus): void {
    const changed = status.state !== this.#status.state || status.reason !== this.#status.reason;
    this.#status = status;
    if (changed) this.#options.onStatus(this);
  }
}

function freeSlots(taken: readonly number[]): number[] {
  return Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => !taken.includes(slot));
}

function planned(
  filters: readonly CaptureFilter[],
  programs: readonly (readonly RawInstruction[])[],
  slotOf: (filter: CaptureFilter) => number,
  facts: InterfaceFacts,
): PlannedFilter[] {
  return filters.map((filter, index) => ({
    slot: slotOf(filter),
    expression: fillMac(filter.expression, facts.mac),
    program: programs[index]!,
  }));
}
