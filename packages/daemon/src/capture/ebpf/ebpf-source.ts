import type { CountMode, HookName } from '@ifcast/protocol';

import { DaemonError } from '../../daemon-error.ts';
import type { Log } from '../../log.ts';
import type { InterfaceCounts } from '../../report/counts.ts';
import type { CaptureStatus } from '../../report/description.ts';
import { VerifierError } from '../../sys/bpf-program.ts';
import { waitForRunningPrograms } from '../../sys/membarrier.ts';
import type { InterfaceFacts } from '../../sys/network-interface.ts';
import type { CaptureSource, CaptureTask, StatusListener } from '../capture-source.ts';
import { Totals } from '../totals.ts';
import { WatchedInterface } from '../watched-interface.ts';
import type { Attachment } from './attachment.ts';
import { compileTask } from './compile.ts';
import { Counting } from './counting.ts';
import { createAttachment, programHooks } from './create-attachment.ts';
import { explainFailure } from './explain.ts';
import { probeEbpf } from './probe.ts';

const ARPHRD_LOOPBACK = 772;

export interface EbpfSourceOptions {
  readonly task: CaptureTask;
  readonly hook: HookName;
  readonly count: CountMode;
  readonly probe: (name: string) => InterfaceFacts | null;
  readonly log: Log;
  readonly onStatus: StatusListener;
}

/** Programs in the kernel, and where they hang. */
interface Open {
  readonly counting: Counting;
  readonly attachment: Attachment;
  readonly linkType: string;
  /** What they were made for. */
  readonly facts: InterfaceFacts;
  /** `null` while the interface is not there. */
  readonly attachedTo: number | null;
}

/** Counts one interface in the kernel. Nothing can be lost: every packet that passes the hook runs the program. */
export class EbpfSource implements CaptureSource {
  readonly #options: EbpfSourceOptions;
  readonly #interface: WatchedInterface;
  readonly #totals: Totals;
  #task: CaptureTask;
  #open: Open | null = null;
  #attached = 0;
  #status: CaptureStatus;

  constructor(options: EbpfSourceOptions) {
    const { task, hook, count } = options;
    this.#options = options;
    this.#task = task;
    this.#totals = new Totals(task.filters, task.sizeUpperBounds, 0n);
    this.#status = { state: 'waiting', reason: 'not started', backend: 'ebpf', hook, count, linkType: null };
    this.#interface = new WatchedInterface({
      name: task.iface,
      probe: options.probe,
      follow: (facts) => this.#follow(facts),
      onFailure: (error) => this.#fail(error),
    });
  }

  get iface(): string {
    return this.#task.iface;
  }

  get restarts(): number {
    return Math.max(0, this.#attached - 1);
  }

  status(): CaptureStatus {
    return this.#status;
  }

  async start(): Promise<void> {
    // A missing privilege has to be known now, also while the interface is not there.
    const probed = probeEbpf(this.#options.hook);
    if (!probed.possible && probed.code === 'noPermission') throw new DaemonError(probed.code, probed.reason);
    await this.#interface.start((error) => !(error instanceof DaemonError) || error.code !== 'unavailable');
  }

  async stop(): Promise<void> {
    await this.#interface.stop(async () => this.#close());
  }

  read(): InterfaceCounts {
    this.#collect();
    return this.#totals.read();
  }

  async replace(task: CaptureTask): Promise<void> {
    await this.#interface.enqueue(async () => {
      const { facts } = this.#interface;
      if (facts?.up && this.#open?.attachedTo === facts.ifindex) {
        await this.#goOver(this.#open, task, facts);
        return;
      }
      // What is refused must be known while the old task stands.
      const next = facts?.up ? await this.#load(task, facts) : null;
      this.#close();
      this.#open = next;
      this.#task = task;
      this.#totals.replace(task.filters, task.sizeUpperBounds);
      await this.#follow(facts);
    });
  }

  /** Brings the programs in line with the interface. */
  async #follow(facts: InterfaceFacts | null): Promise<void> {
    if (facts === null) {
      this.#detach();
      this.#wait('is not there');
      return;
    }
    if (this.#open !== null && this.#open.facts.hardwareType !== facts.hardwareType) this.#close();
    if (!facts.up) {
      this.#wait('is down');
      return;
    }
    const open = this.#open ?? (await this.#load(this.#task, facts));
    this.#open = open;
    if (open.attachedTo !== facts.ifindex) this.#attach(open, facts.ifindex);
    if (this.#asksMac() && open.facts.mac !== facts.mac) await this.#goOver(this.#open, this.#task, facts);
    this.#setStatus({
      ...this.#status,
      state: 'counting',
      reason: null,
      count: this.#open.attachment.counts(this.#options.count),
      linkType: open.linkType,
    });
  }

  /** Puts other programs in place of those that count, without a packet between them. */
  async #goOver(open: Open, task: CaptureTask, facts: InterfaceFacts): Promise<void> {
    const next = await this.#load(task, facts);
    try {
      open.attachment.replace(next.counting.programs);
    } catch (error) {
      next.counting.close();
      throw explainFailure(error, this.#options.hook, this.iface);
    }
    // Another processor may still be in the old program: what it counts must be collected too.
    await waitForRunningPrograms();
    this.#collect();
    open.counting.close();
    this.#open = { ...next, attachment: open.attachment, attachedTo: open.attachedTo };
    this.#task = task;
    this.#totals.replace(task.filters, task.sizeUpperBounds);
  }

  /** Compiles and loads, attached to nothing yet. */
  async #load(task: CaptureTask, facts: InterfaceFacts): Promise<Open> {
    const { hook, count, log } = this.#options;
    const { programs: filters, link, linkType } = await compileTask(task, hook, facts);
    const loopback = facts.hardwareType === ARPHRD_LOOPBACK;
    const point = { iface: task.iface, hook, link, linkType, loopback };
    try {
      const hooks = programHooks(point);
      const plan = { hooks, filters, sizeUpperBounds: task.sizeUpperBounds, count, link };
      const counting = Counting.load(plan, log.debug);
      const attachment = createAttachment(point, counting.programs);
      return { counting, attachment, linkType, facts, attachedTo: null };
    } catch (error) {
      if (error instanceof VerifierError) error.log.split('\n').forEach(log.debug);
      throw explainFailure(error, hook, this.iface);
    }
  }

  #attach(open: Open, ifindex: number): void {
    this.#collect();
    try {
      open.attachment.attach(ifindex);
    } catch (error) {
      this.#detach();
      throw explainFailure(error, this.#options.hook, this.iface);
    }
    this.#attached++;
    this.#open = { ...open, attachedTo: ifindex };
  }

  #detach(): void {
    if (this.#open === null) return;
    this.#open.attachment.detach();
    this.#collect();
    this.#open = { ...this.#open, attachedTo: null };
  }

  #close(): void {
    this.#detach();
    this.#open?.counting.close();
    this.#open = null;
  }

  /** Adds to the totals what has been counted since the last time. */
  #collect(): void {
    this.#open?.counting.collect((filter, bytes, sizes) => this.#totals.add(filter, bytes, sizes));
  }

  #asksMac(): boolean {
    return this.#task.filters.some(({ expression }) => expression.includes('$MAC'));
  }

  #wait(why: string): void {
    this.#setStatus({ ...this.#status, state: 'waiting', reason: `interface ${this.iface} ${why}` });
  }

  #fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== this.#status.reason) this.#options.log.error(reason);
    this.#setStatus({ ...this.#status, state: 'failed', reason });
  }

  #setStatus(status: CaptureStatus): void {
    const changed = status.state !== this.#status.state || status.reason !== this.#status.reason;
    this.#status = status;
    if (changed) this.#options.onStatus(this);
  }
}
