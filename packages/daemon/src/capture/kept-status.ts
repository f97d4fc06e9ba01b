import { isDeepStrictEqual } from 'node:util';

import type { Log } from '../log.ts';
import type { CaptureStatus } from '../report/description.ts';

/** The status of a capture source: tells of every change, and logs each failure once. */
export class KeptStatus {
  readonly #log: Log;
  readonly #onChange: () => void;
  #current: CaptureStatus;

  /** @param onChange - called after every change */
  constructor(initial: CaptureStatus, log: Log, onChange: () => void) {
    this.#current = initial;
    this.#log = log;
    this.#onChange = onChange;
  }

  get current(): CaptureStatus {
    return this.#current;
  }

  change(to: Partial<CaptureStatus>): void {
    const next = { ...this.#current, ...to };
    if (isDeepStrictEqual(next, this.#current)) return;
    this.#current = next;
    this.#onChange();
  }

  /** Not counting: the interface is there, and cannot be counted for now. */
  fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== this.#current.reason) this.#log.error(reason);
    this.change({ state: 'failed', reason });
  }
}
