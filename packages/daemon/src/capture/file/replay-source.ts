import { basename } from 'node:path';

import { DaemonError } from '../../base/daemon-error.ts';
import { matchesNothing } from '../../compile/filter-compiler.ts';
import type { InterfaceCounts } from '../../report/counts.ts';
import type { CaptureStatus } from '../../report/description.ts';
import { PcapError } from '../../sys/libpcap.ts';
import type { CapturedPacket } from '../../sys/pcap-file.ts';
import type { SavefileTraits } from '../../sys/pcap-stream.ts';
import type { CaptureSource, CaptureTask, Replacement } from '../capture-source.ts';
import { Totals } from '../totals.ts';
import { FileCounter } from './file-counter.ts';
import { OpenCapture } from './open-capture.ts';

const TICK_MS = 50;

/** Plays a capture file at the speed at which it was captured, over and over, in place of an interface. */
export class ReplaySource implements CaptureSource {
  readonly restarts = 0;
  readonly #path: string;
  readonly #now: () => number;
  readonly #totals: Totals;
  #task: CaptureTask;
  #counter: FileCounter | null = null;
  #file: OpenCapture | null = null;
  /** What filters are compiled for, also while the file cannot be opened. */
  #traits: SavefileTraits | null = null;
  #pending: CapturedPacket | null = null;
  /** When the first packet of this round was played, and its timestamp. */
  #round: { startedMs: number; firstUs: number } | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** Why the file could not be opened again; `null` while it can. */
  #fault: string | null = null;

  /** @param now - monotonic clock in milliseconds */
  constructor(path: string, task: CaptureTask, now: () => number = () => performance.now()) {
    this.#path = path;
    this.#task = task;
    this.#now = now;
    this.#totals = new Totals(task.filters, task.sizeUpperBounds, { losses: false, directions: false });
  }

  /** The name under which a replay is published; nobody can take it for an interface. */
  static interfaceName(path: string): string {
    return `replay:${basename(path)}`;
  }

  get iface(): string {
    return this.#task.iface;
  }

  status(): CaptureStatus {
    return {
      state: this.#fault === null ? 'counting' : 'waiting',
      reason: this.#fault,
      backend: 'file',
      hook: null,
      packet: 'captured',
      linkType: this.#counter?.linkType ?? null,
      notes: (this.#counter?.unmatchable ?? []).map((filter) => matchesNothing(filter)),
      gap: null,
    };
  }

  async start(): Promise<void> {
    this.#file = await OpenCapture.open(this.#path);
    this.#traits = this.#file.traits;
    try {
      this.#counter = await this.#createCounter(this.#traits, this.#task);
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#timer = setInterval(() => this.#play(), TICK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  read(): InterfaceCounts {
    this.#counter?.collectInto(this.#totals);
    return this.#totals.read();
  }

  async prepare(task: CaptureTask): Promise<Replacement> {
    const { filters, sizeUpperBounds } = task;
    const counter = this.#traits === null ? null : await this.#createCounter(this.#traits, task);
    const commit = async (): Promise<void> => {
      this.#counter?.collectInto(this.#totals);
      this.#counter = counter;
      this.#task = task;
      this.#totals.replace(filters, sizeUpperBounds);
    };
    return { commit, discard: () => Promise.resolve() };
  }

  /** Counts every packet whose time has come. */
  #play(): void {
    const now = this.#now();
    for (;;) {
      this.#pending ??= this.#nextPacket();
      if (this.#pending === null) return;
      this.#round ??= { startedMs: now, firstUs: this.#pending.timestampUs };
      const due = this.#round.startedMs + (this.#pending.timestampUs - this.#round.firstUs) / 1000;
      if (due > now) return;
      this.#counter?.count(this.#pending);
      this.#pending = null;
    }
  }

  #createCounter(traits: SavefileTraits, { filters, sizeUpperBounds }: CaptureTask): Promise<FileCounter> {
    return FileCounter.create({ path: this.#path, traits }, filters, sizeUpperBounds);
  }

  /** At the end, or where the file is cut off, it begins again with the next tick. */
  #nextPacket(): CapturedPacket | null {
    const packet = this.#readPacket();
    if (packet !== null) return packet;
    void this.#file?.close();
    this.#file = null;
    this.#round = null;
    try {
      this.#file = OpenCapture.openSync(this.#path);
      this.#fault = null;
    } catch (error) {
      if (!(error instanceof DaemonError)) throw error;
      this.#fault = error.message;
    }
    return null;
  }

  #readPacket(): CapturedPacket | null {
    try {
      return this.#file?.next() ?? null;
    } catch (error) {
      if (error instanceof PcapError) return null;
      throw error;
    }
  }
}
