import { asksMac } from '@ifcast/filter';
import type { HookName, PacketKind } from '@ifcast/protocol';

import { DaemonError } from '../../base/daemon-error.ts';
import type { Log } from '../../base/log.ts';
import { matchesNothing } from '../../compile/filter-compiler.ts';
import type { InterfaceCounts } from '../../report/counts.ts';
import type { CaptureStatus } from '../../report/description.ts';
import { VerifierError } from '../../sys/bpf-program.ts';
import { waitForRunningPrograms } from '../../sys/membarrier.ts';
import type { InterfaceFacts } from '../../sys/network-interface.ts';
import type { CaptureSource, CaptureTask, Replacement, StatusListener } from '../capture-source.ts';
import { InterfaceFollower } from '../interface-follower.ts';
import { KeptStatus } from '../kept-status.ts';
import { Totals } from '../totals.ts';
import type { Attachment } from './attachment.ts';
import { compileTask } from './compile.ts';
import { Counting } from './counting.ts';
import { createAttachment, programHooks } from './create-attachment.ts';
import { explainFailure } from './explain-failure.ts';
import { hookNotes, unknownHeadersNote } from './hook-notes.ts';
import { probeEbpf } from './probe.ts';

const ARPHRD_LOOPBACK = 772;
/** What else is attached to the interface, or switched on it, is found this soon. */
const LOOK_AROUND_MS = 5_000;

export interface EbpfSourceOptions {
  readonly task: CaptureTask;
  readonly hook: HookName;
  readonly packet: PacketKind;
  readonly probe: (name: string) => InterfaceFacts | null;
  readonly log: Log;
  readonly onStatus: StatusListener;
}

/** Programs in the kernel, and where they hang. */
interface Open {
  readonly counting: Counting;
  readonly attachment: Attachment;
  readonly linkType: string;
  readonly notes: readonly string[];
  /** What they were made for. */
  readonly facts: InterfaceFacts;
  /** `null` while the interface is not there. */
  readonly attachedTo: number | null;
}

/** Counts one interface in the kernel. Nothing can be lost: every packet that passes the hook runs the program. */
export class EbpfSource implements CaptureSource {
  readonly #options: EbpfSourceOptions;
  readonly #interface: InterfaceFollower;
  readonly #totals: Totals;
  #task: CaptureTask;
  #open: Open | null = null;
  #attached = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #status: KeptStatus;

  constructor(options: EbpfSourceOptions) {
    const { task, hook, packet } = options;
    this.#options = options;
    this.#task = task;
    this.#totals = new Totals(task.filters, task.sizeUpperBounds, { losses: true, directions: true });
    this.#status = new KeptStatus(
      task.iface,
      { state: 'waiting', reason: 'not opened yet', backend: 'ebpf', hook, packet, linkType: null },
      options.log,
      () => options.onStatus(this),
    );
    this.#interface = new InterfaceFollower({
      name: task.iface,
      probe: options.probe,
      follow: (facts) => this.#follow(facts),
      onFailure: (error) => this.#status.fail(error),
    });
  }

  get iface(): string {
    return this.#task.iface;
  }

  get restarts(): number {
    return Math.max(0, this.#attached - 1);
  }

  status(): CaptureStatus {
    return this.#status.current;
  }

  async start(): Promise<void> {
    // A missing privilege has to be known now, also while the interface is not there.
    const probed = probeEbpf(this.#options.hook);
    if (!probed.possible && probed.code === 'noPermission') throw new DaemonError(probed.code, probed.reason);
    await this.#interface.start((error) => !(error instanceof DaemonError) || error.code !== 'unavailable');
    this.#timer = setInterval(() => this.#lookAround(), LOOK_AROUND_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#interface.stop(async () => this.#close());
  }

  read(): InterfaceCounts {
    this.#collect();
    return this.#totals.read();
  }

  async prepare(task: CaptureTask): Promise<Replacement> {
    const next = await this.#interface.enqueue(async () => {
      const { facts } = this.#interface;
      return facts?.up ? this.#load(task, facts) : null;
    });
    return {
      commit: () => this.#interface.enqueueAndFollow(() => this.#goOver(task, next)),
      discard: async () => next?.counting.close(),
    };
  }

  /** @param next - loaded for the task; `null` where there was no interface to load it for */
  async #goOver(task: CaptureTask, next: Open | null): Promise<void> {
    const { facts } = this.#interface;
    const fits = next !== null && facts !== null && next.facts.hardwareType === facts.hardwareType;
    try {
      if (fits && this.#open !== null && this.#open.attachedTo === facts.ifindex) {
        await this.#swap(this.#open, next);
        return;
      }
      this.#close();
      if (fits) this.#open = next;
      else next?.counting.close();
    } catch (error) {
      this.#close();
      throw error;
    } finally {
      this.#task = task;
      this.#totals.replace(task.filters, task.sizeUpperBounds);
    }
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
    if (this.#asksMac() && open.facts.mac !== facts.mac) {
      await this.#swap(this.#open, await this.#load(this.#task, facts));
    }
    const { attachment, linkType } = this.#open;
    this.#status.counting({
      reason: null,
      packet: attachment.packetKind(this.#options.packet),
      linkType,
      notes: this.#notes(),
    });
  }

  /** Also what has changed around the hook. */
  #notes(): readonly string[] {
    if (this.#open === null || this.#open.attachedTo === null) return [];
    const { notes, attachedTo } = this.#open;
    return [...notes, ...hookNotes(this.#options.hook, this.iface, attachedTo)];
  }

  #lookAround(): void {
    if (this.#status.current.state === 'counting') this.#status.change({ notes: this.#notes() });
  }

  /** Puts other programs in place of those that count, without a packet between them. */
  async #swap(open: Open, next: Open): Promise<void> {
    try {
      open.attachment.replace(next.counting.programFds);
    } catch (error) {
      next.counting.close();
      throw explainFailure(error, this.#options.hook, this.iface);
    }
    // Another processor may still be in the old program: what it counts must be collected too.
    await waitForRunningPrograms();
    this.#collect();
    open.counting.close();
    this.#open = { ...next, attachment: open.attachment, attachedTo: open.attachedTo };
  }

  /** Compiles and loads, attached to nothing yet. */
  async #load(task: CaptureTask, facts: InterfaceFacts): Promise<Open> {
    const { hook, packet, log } = this.#options;
    const { classicPrograms, link, linkType, unmatchable } = await compileTask(task, hook, facts);
    const loopback = facts.hardwareType === ARPHRD_LOOPBACK;
    const point = { iface: task.iface, hook, link, linkType, loopback };
    try {
      const hooks = programHooks(point);
      const plan = { hooks, classicPrograms, sizeUpperBounds: task.sizeUpperBounds, packet, link };
      const counting = Counting.load(plan, log.debug);
      const attachment = createAttachment(point, counting.programFds);
      const isInexact = packet === 'wire' && link === 'unknown';
      const notes = [
        ...unmatchable.map(matchesNothing),
        ...(isInexact ? [unknownHeadersNote(linkType)] : []),
      ];
      return { counting, attachment, linkType, notes, facts, attachedTo: null };
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
    if (this.#open.attachedTo !== null) this.#status.losing();
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
    this.#open?.counting.collect().forEach((counts, filter) => {
      this.#totals.add(filter, counts);
    });
  }

  #asksMac(): boolean {
    return this.#task.filters.some(({ expression }) => asksMac(expression));
  }

  #wait(why: string): void {
    this.#status.change({ state: 'waiting', reason: `interface ${this.iface} ${why}` });
  }
}
