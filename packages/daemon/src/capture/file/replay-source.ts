import { basename } from 'node:path';

import { DaemonError } from '../../daemon-error.ts';
import type { InterfaceCounts } from '../../report/counts.ts';
import type { CaptureStatus } from '../../report/description.ts';
import { PcapError } from '../../sys/libpcap.ts';
import type { CapturedPacket, PcapFile } from '../../sys/pcap-file.ts';
import type { CaptureSource, CaptureTask, Replacement } from '../capture-source.ts';
import { Totals } from '../totals.ts';
import { openFile } from './count-file.ts';
import { FileCounter } from './file-counter.ts';

const TICK_MS = 50;

/** Plays a capture file at the speed at which it was captured, over and over, in place of an interface. */
export class ReplaySource implements CaptureSource {
  readonly restarts = 0;
  readonly #path: string;
  readonly #now: () => number;
  readonly #totals: Totals;
  #task: CaptureTask;
  #counter: FileCounter | null = null;
  #file: PcapFile | null = null;
  /** `DLT_*` of the file, also while it cannot be opened. */
  #linkType: number | null = null;
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
    this.#totals = new Totals(task.filters, task.sizeUpperBounds, null);
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
      count: 'captured',
      linkType: this.#counter?.linkType ?? null,
    };
  }

  async start(): Promise<void> {
    this.#file = openFile(this.#path);
    this.#linkType = this.#file.handle.linkType;
    const { filters, sizeUpperBounds } = this.#task;
    try {
      this.#counter = await FileCounter.create(this.#linkType, filters, sizeUpperBounds);
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#timer = setInterval(() => this.#play(), TICK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#file?.close();
    this.#file = null;
  }

  read(): InterfaceCounts {
    this.#counter?.takeInto(this.#totals);
    return this.#totals.read();
  }

  async prepare(task: CaptureTask): Promise<Replacement> {
    const { filters, sizeUpperBounds } = task;
    const counter =
      this.#linkType === null ? null : await FileCounter.create(this.#linkType, filters, sizeUpperBounds);
    const commit = async (): Promise<void> => {
      this.#counter?.takeInto(this.#totals);
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

  /** At the end, or where the file is cut off, it begins again with the next tick. */
  #nextPacket(): CapturedPacket | null {
    const packet = this.#readPacket();
    if (packet !== null) return packet;
    this.#file?.close();
    this.#file = null;
    this.#round = null;
    try {
      this.#file = openFile(this.#path);
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
