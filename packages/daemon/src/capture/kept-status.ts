import { isDeepStrictEqual } from 'node:util';

import type { Log } from '../base/log.ts';
import type { CaptureStatus } from '../report/description.ts';

/** The status of a capture source: tells of every change, and logs each note once. */
export class KeptStatus {
  readonly #iface: string;
  readonly #log: Log;
  readonly #onChange: () => void;
  #current: CaptureStatus;
  readonly #told = new Set<string>();
  /** Since when packets pass uncounted. */
  #lostSince: Date | null = null;

  /** @param onChange - called after every change */
  constructor(iface: string, initial: Omit<CaptureStatus, 'notes' | 'gap'>, log: Log, onChange: () => void) {
    this.#iface = iface;
    this.#current = { ...initial, notes: [], gap: null };
    this.#log = log;
    this.#onChange = onChange;
  }

  get current(): CaptureStatus {
    return this.#current;
  }

  change(to: Partial<CaptureStatus>): void {
    const { ended: _, ...current } = this.#current;
    const next = { ...current, ...to };
    if (isDeepStrictEqual(next, this.#current)) return;
    this.#current = next;
    for (const note of next.notes) this.#tell(note);
    this.#onChange();
  }

  /** From then on packets may pass uncounted. */
  losing(since: Date = new Date()): void {
    this.#lostSince ??= since;
  }

  /** Counting again: tells for how long it was not, if it had been counting before. */
  counting(to: Partial<CaptureStatus>): void {
    this.change({ ...to, state: 'counting', gap: this.#closeGap() });
  }

  #closeGap(): CaptureStatus['gap'] {
    const from = this.#lostSince;
    const { gap } = this.#current;
    if (from === null) return gap;
    this.#lostSince = null;
    const to = new Date();
    return { from, to, totalMs: (gap?.totalMs ?? 0) + Math.max(0, to.getTime() - from.getTime()) };
  }

  #tell(note: string): void {
    if (this.#told.has(note)) return;
    this.#told.add(note);
    this.#log.warn(`${this.#iface}: ${note}`);
  }

  /** The interface is there, and cannot be counted for now. */
  fail(error: unknown): void {
    this.change({ state: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
}
