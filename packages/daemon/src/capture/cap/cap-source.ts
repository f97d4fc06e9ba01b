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
import type { CompiledFilter, CountingWorker } from './counting-worker.ts';
import { HEARTBEAT_MS, type WorkerLink } from './worker-messages.ts';
import type { WorkerPool } from './worker-pool.ts';

const LINKS: Readonly<Record<string, WorkerLink>> = { EN10MB: 'ethernet', RAW: 'ip' };
/** A worker that shows no life for so many heartbeats hangs: it is told within 5 s. */
const SILENT_HEARTBEATS = 8;
/** An interface that goes down and up takes its worker with it, also one that is just opening. */
const OPEN_ATTEMPTS = 3;

export interface CapSourceOptions {
  readonly task: CaptureTask;
  /** Where workers come from, for all sources of the daemon. */
  readonly workers: WorkerPool;
  /** Of the libpcap handle that most filters share. */
  readonly ringBytes: number;
  /** Why not another backend, for `status().reason` while all is well; `null` when there is nothing to say. */
  readonly fallbackReason: string | null;
  readonly probe: (name: string) => InterfaceFacts | null;
  readonly log: Log;
  readonly onStatus: StatusListener;
}

const NOT_STARTED: Omit<CaptureStatus, 'notes' | 'gap'> = {
  state: 'waiting',
  reason: 'not opened yet',
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

/** What libpcap made of filters. */
interface Compiled {
  readonly linkType: string;
  readonly filters: readonly CompiledFilter[];
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
  /** What was opened last: the same interface does not have to be compiled for again. */
  #compiled: { readonly key: string; readonly result: Compiled } | null = null;
  #joined = false;
  /** What the worker had lost when it was read last. */
  #dropped = 0;
  #heartbeat = { value: 0, silent: 0, at: new Date() };
  #timer: NodeJS.Timeout | undefined;
  /** Notes, by the id of the filter. */
  readonly #unmatchable = new Map<string, string>();
  readonly #status: KeptStatus;

  constructor(options: CapSourceOptions) {
    this.#options = options;
    this.#task = options.task;
    this.#totals = new Totals(options.task.filters, options.task.sizeUpperBounds, {
      losses: true,
      directions: false,
    });
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
    this.#options.workers.join();
    try {
      await this.#interface.start((error) => !(error instanceof DaemonError) || error.code !== 'unavailable');
    } catch (error) {
      await this.#options.workers.leave();
      throw error;
    }
    this.#joined = true;
    this.#timer = setInterval(() => this.#feelPulse(), HEARTBEAT_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#interface.stop(() => this.#close());
    if (this.#joined) await this.#options.workers.leave();
    this.#joined = false;
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
    this.#collectDropped();
  }

  #collectDropped(): void {
    if (this.#running === null || this.#totals.dropped === null) return;
    const { dropped } = this.#running.worker;
    if (dropped === null) {
      this.#totals.dropped = null;
      return;
    }
    this.#totals.dropped += BigInt(dropped - this.#dropped);
    this.#dropped = dropped;
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
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#openOnce(facts);
        return;
      } catch (error) {
        if (!this.#interface.look()?.up) {
          this.#interface.hurry();
          return;
        }
        if (attempt === OPEN_ATTEMPTS) throw error;
      }
    }
  }

  async #openOnce(facts: InterfaceFacts): Promise<void> {
    const { linkType, filters } = await this.#compile(this.#task.filters, facts);
    const worker = this.#options.workers.take();
    worker.begin({
      task: {
        iface: this.iface,
        link: LINKS[linkType] ?? 'other',
        bounds: this.#task.sizeUpperBounds,
      },
      ringBytes: this.#options.ringBytes,
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
    this.#dropped = 0;
    this.#heartbeat = { value: worker.heartbeat, silent: 0, at: new Date() };
    this.#opens++;
    this.#status.counting({ reason: this.#options.fallbackReason, linkType, notes: this.#notes() });
  }

  async #compile(filters: readonly CaptureFilter[], facts: InterfaceFacts): Promise<Compiled> {
    const key = JSON.stringify([facts, filters]);
    if (this.#compiled?.key !== key)
      this.#compiled = { key, result: await this.#compileAnew(filters, facts) };
    return this.#compiled.result;
  }

  async #compileAnew(filters: readonly CaptureFilter[], facts: InterfaceFacts): Promise<Compiled> {
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

  /** Finds a worker that hangs: it counts no more, and does not end by itself. */
  #feelPulse(): void {
    const worker = this.#running?.worker;
    if (worker === undefined) return;
    const { value, silent, at } = this.#heartbeat;
    if (worker.heartbeat !== value) {
      this.#status.change({ notes: this.#notes() });
      this.#heartbeat = { value: worker.heartbeat, silent: 0, at: new Date() };
      return;
    }
    // Its own turns are counted, not the time: the daemon may have been stopped too.
    this.#heartbeat = { value, silent: silent + 1, at };
    if (silent + 1 !== SILENT_HEARTBEATS) return;
    this.#status.losing(at);
    this.#status.change({
      state: 'waiting',
      ended: true,
      reason: 'the capture hangs; another process takes its place',
    });
    void this.#interface.enqueueAndFollow(async () => {
      if (this.#running?.worker === worker) await this.#close();
    });
  }

  #notes(): string[] {
    const notes = this.#task.filters.flatMap(({ id }) => this.#unmatchable.get(id) ?? []);
    return this.#totals.dropped === 0n || this.#totals.dropped === null
      ? notes
      : [...notes, this.#lossNote()];
  }

  #lossNote(): string {
    return `packets have been lost, because they came faster than they could be counted: raise buffer_bytes in [cap] (${this.#options.ringBytes} now), count fewer by narrower filters, or use backend = "ebpf"`;
  }

  #workerEnded(worker: CountingWorker, how: string): void {
    if (this.#running?.worker !== worker) return;
    this.#interface.followNow(async (facts) => {
      if (this.#running?.worker !== worker) return;
      await this.#close();
      this.#interface.hurry();
      const reason = `the capture ended with ${how}`;
      if (facts?.up) this.#status.change({ state: 'waiting', ended: true, reason });
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
