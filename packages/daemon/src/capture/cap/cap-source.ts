import { asksMac, fillMac } from '@ifcast/filter';

import { DaemonError } from '../../base/daemon-error.ts';
import type { Log } from '../../base/log.ts';
import { compileFilters, matchesNothing } from '../../compile/filter-compiler.ts';
import type { InterfaceCounts } from '../../report/counts.ts';
import type { CaptureStatus } from '../../report/description.ts';
import type { InterfaceFacts } from '../../sys/network-interface.ts';
import type {
  CaptureFilter,
  CaptureSource,
  CaptureTask,
  Replacement,
  StatusListener,
} from '../capture-source.ts';
import { InterfaceFollower } from '../interface-follower.ts';
import { KeptStatus } from '../kept-status.ts';
import { Totals } from '../totals.ts';
import { type CompiledFilter, CountingWorker } from './counting-worker.ts';

const LINKTYPE_ETHERNET = 'EN10MB';

export interface CapSourceOptions {
  readonly task: CaptureTask;
  /** Path of the worker's bundle. */
  readonly workerEntry: string;
  /** Why not another backend, for `status().reason` while all is well; `null` when there is nothing to say. */
  readonly fallbackReason: string | null;
  readonly probe: (name: string) => InterfaceFacts | null;
  readonly log: Log;
  readonly onStatus: StatusListener;
}

const NOT_STARTED: Omit<CaptureStatus, 'notes' | 'gap'> = {
  state: 'waiting',
  reason: 'not started',
  backend: 'cap',
  hook: null,
  packet: 'captured',
  linkType: null,
};

/** A worker and the interface that it was opened on. */
interface Running {
  readonly worker: CountingWorker;
  readonly facts: InterfaceFacts;
}

/**
 * Counts one interface with the npm package `cap`, in a child process: cap aborts its process when the interface goes
 * down, is deleted, renamed or moved.
 */
export class CapSource implements CaptureSource {
  readonly #options: CapSourceOptions;
  readonly #interface: InterfaceFollower;
  readonly #totals: Totals;
  #task: CaptureTask;
  #running: Running | null = null;
  #opens = 0;
  /** Notes, by the id of the filter. */
  readonly #unmatchable = new Map<string, string>();
  readonly #status: KeptStatus;

  constructor(options: CapSourceOptions) {
    this.#options = options;
    this.#task = options.task;
    this.#totals = new Totals(options.task.filters, options.task.sizeUpperBounds, null);
    this.#status = new KeptStatus(options.task.iface, NOT_STARTED, options.log, () => options.onStatus(this));
    this.#interface = new InterfaceFollower({
      name: options.task.iface,
      probe: options.probe,
      follow: (facts) => this.#follow(facts),
      onFailure: (error) => this.#status.fail(error),
    });
  }

  get iface(): string {
    return this.#task.iface;
  }

  get restarts(): number {
    return Math.max(0, this.#opens - 1);
  }

  status(): CaptureStatus {
    return this.#status.current;
  }

  async start(): Promise<void> {
    await this.#interface.start((error) => !(error instanceof DaemonError) || error.code !== 'unavailable');
  }

  async stop(): Promise<void> {
    await this.#interface.stop(() => this.#close());
  }

  read(): InterfaceCounts {
    this.#collect();
    return this.#totals.read();
  }

  async prepare(task: CaptureTask): Promise<Replacement> {
    const worker = await this.#interface.enqueue(() => this.#prepare(task));
    return {
      commit: () => this.#interface.enqueueAndFollow(() => this.#goOver(task, worker)),
      discard: () => this.#interface.enqueue(async () => worker?.keep(this.#task.filters)),
    };
  }

  /**
   * Has the worker count the new filters beside the old ones.
   *
   * @returns the worker; `null` when it has to be another one, or there is none
   */
  async #prepare(task: CaptureTask): Promise<CountingWorker | null> {
    const { facts } = this.#interface;
    const running = this.#running;
    const sameBounds = String(task.sizeUpperBounds) === String(this.#task.sizeUpperBounds);
    if (running === null || !sameBounds) {
      // What libpcap refuses must be known while the old filters still count.
      if (facts?.up) await this.#compile(task.filters, facts);
      return null;
    }
    const added = task.filters.filter((filter) => !running.worker.counts(filter));
    try {
      if (added.length > 0) await running.worker.add((await this.#compile(added, running.facts)).filters);
    } catch (error) {
      running.worker.keep(this.#task.filters);
      throw error;
    }
    return running.worker;
  }

  /** Filters that stay are not touched. */
  async #goOver(task: CaptureTask, prepared: CountingWorker | null): Promise<void> {
    const worker = this.#running?.worker;
    if (worker === undefined || worker !== prepared) {
      await this.#close();
      this.#adopt(task);
      return;
    }
    const before = this.#task;
    this.#adopt(task);
    // What new filters have counted until now is from before their `since`.
    for (const filter of task.filters)
      if (!before.filters.some((old) => isSame(old, filter))) worker.collect(filter);
    worker.keep(task.filters);
    this.#status.change({ notes: this.#notes() });
  }

  #adopt(task: CaptureTask): void {
    this.#collect();
    this.#task = task;
    this.#totals.replace(task.filters, task.sizeUpperBounds);
  }

  /** Adds to the totals what the worker has counted since the last time. */
  #collect(): void {
    this.#task.filters.forEach((filter, index) => {
      const counted = this.#running?.worker.collect(filter);
      if (counted) this.#totals.add(index, counted);
    });
  }

  /** Brings the worker in line with the interface. */
  async #follow(facts: InterfaceFacts | null): Promise<void> {
    if (facts === null || !facts.up) {
      await this.#close();
      const reason = `interface ${this.iface} ${facts === null ? 'is not there' : 'is down'}`;
      this.#status.change({ state: 'waiting', reason });
      return;
    }
    if (this.#running !== null && !this.#mustReopen(this.#running.facts, facts)) return;
    await this.#close();
    await this.#open(facts);
  }

  #mustReopen(opened: InterfaceFacts, now: InterfaceFacts): boolean {
    const asking = this.#task.filters.some(({ expression }) => asksMac(expression));
    return (
      opened.ifindex !== now.ifindex ||
      opened.hardwareType !== now.hardwareType ||
      (asking && opened.mac !== now.mac)
    );
  }

  async #open(facts: InterfaceFacts): Promise<void> {
    const { linkType, filters } = await this.#compile(this.#task.filters, facts);
    const worker = new CountingWorker({
      entry: this.#options.workerEntry,
      iface: this.iface,
      ethernet: linkType === LINKTYPE_ETHERNET,
      bounds: this.#task.sizeUpperBounds,
      onExit: (how) => this.#workerEnded(worker, how),
      onStderr: (line) => this.#options.log.debug(`cap on ${this.iface}: ${line}`),
    });
    try {
      await worker.add(filters);
    } catch (error) {
      await worker.end();
      throw error;
    }
    this.#running = { worker, facts };
    this.#opens++;
    this.#status.counting({ reason: this.#options.fallbackReason, linkType, notes: this.#notes() });
  }

  async #compile(
    filters: readonly CaptureFilter[],
    facts: InterfaceFacts,
  ): Promise<{ linkType: string; filters: CompiledFilter[] }> {
    const expressions = filters.map(({ expression }) => fillMac(expression, facts.mac));
    const { linkType, programs, unmatchable } = await compileFilters({
      handle: { kind: 'live', iface: this.iface },
      filters: filters.map(({ id }, index) => ({ id, expression: expressions[index]! })),
    });
    for (const { id } of filters) this.#unmatchable.delete(id);
    for (const each of unmatchable) this.#unmatchable.set(each.filterId, matchesNothing(each));
    return {
      linkType,
      filters: filters.map((filter, index) => ({
        filter,
        expression: expressions[index]!,
        program: programs[index]!,
      })),
    };
  }

  #notes(): string[] {
    return this.#task.filters.flatMap(({ id }) => this.#unmatchable.get(id) ?? []);
  }

  #workerEnded(worker: CountingWorker, how: string): void {
    if (this.#running?.worker !== worker) return;
    this.#interface.followNow(async (facts) => {
      if (this.#running?.worker !== worker) return;
      await this.#close();
      if (facts?.up) this.#status.change({ state: 'waiting', reason: `the capture ended with ${how}` });
    });
  }

  async #close(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    this.#status.losing();
    await running.worker.end();
    this.#collect();
    this.#running = null;
  }
}

function isSame(a: CaptureFilter, b: CaptureFilter): boolean {
  return a.id === b.id && a.expression === b.expression;
}
