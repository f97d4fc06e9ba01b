import type { TriggerCondition } from '../config/trigger-settings.ts';

/** The counts of the trigger's filter at one moment. */
export interface Observed {
  /** Monotonic clock: the wall clock may be set. */
  readonly nowMs: number;
  /** When the totals started at 0. */
  readonly sinceMs: number;
  readonly packets: bigint;
  readonly bytes: bigint;
}

/** What made it fire. */
export interface Cause {
  /** Since it fired last; of a quiet one, since it was quiet last. */
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly packetsTotal: bigint;
}

interface Mark {
  readonly packets: bigint;
  readonly bytes: bigint;
}

/**
 * Decides when one trigger fires on one interface. Only packets that it has seen come can make it fire: what was there
 * when it began, and totals that start again, are none.
 */
export class TriggerState {
  readonly #condition: TriggerCondition;
  #suppressed: bigint;
  /** The packets that were there when it was suppressed last, or fired. */
  #suppressedAt = 0n;
  #last: Observed | null = null;
  /** From where packets are counted. */
  #mark: Mark = { packets: 0n, bytes: 0n };
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  /** When the last packet came that no quiet has followed yet. */
  #busySinceMs: number | null = null;

  /** @param suppressed - how often it was suppressed before */
  constructor(condition: TriggerCondition, suppressed = 0n) {
    this.#condition = condition;
    this.#suppressed = suppressed;
  }

  /** Times that it would have fired while what it had started still ran. */
  get suppressed(): bigint {
    return this.#suppressed;
  }

  /**
   * Takes the counts of now.
   *
   * @param running - what it started last has not ended: it does not fire, and packets are kept until it may
   * @returns why it fires, or `null`
   */
  observe(observed: Observed, running: boolean): Cause | null {
    const last = this.#last;
    this.#last = observed;
    if (last === null || last.sinceMs !== observed.sinceMs || observed.packets < last.packets) {
      this.#mark = observed;
      this.#suppressedAt = observed.packets;
      this.#busySinceMs = null;
      return null;
    }
    if (observed.packets > last.packets) this.#busySinceMs = observed.nowMs;
    if (observed.nowMs < this.#notBeforeMs || !this.#holds(observed)) return null;
    if (running) {
      this.#suppress(observed);
      return null;
    }
    this.#notBeforeMs = observed.nowMs + this.#condition.waitMs;
    return this.#fire(observed);
  }

  #holds({ nowMs, packets }: Observed): boolean {
    if (this.#condition.when === 'packets')
      return packets - this.#mark.packets >= BigInt(this.#condition.packets);
    return this.#busySinceMs !== null && nowMs - this.#busySinceMs >= this.#condition.quietMs;
  }

  /** Counts what would have fired, the same packets once. */
  #suppress({ packets }: Observed): void {
    const enough = this.#condition.when === 'packets' ? BigInt(this.#condition.packets) : 1n;
    if (packets - this.#suppressedAt < enough) return;
    this.#suppressed++;
    this.#suppressedAt = packets;
  }

  #fire(observed: Observed): Cause {
    const condition = this.#condition;
    const cause: Cause = {
      packets: observed.packets - this.#mark.packets,
      bytes: observed.bytes - this.#mark.bytes,
      packetsTotal: observed.packets,
    };
    this.#busySinceMs = null;
    this.#suppressedAt = observed.packets;
    if (condition.when === 'quiet' || condition.surplus === 'drop') {
      this.#mark = observed;
      return cause;
    }
    const packets = BigInt(condition.packets);
    // The bytes of the packets that are kept are not known apart.
    this.#mark = { packets: this.#mark.packets + packets, bytes: observed.bytes };
    return { ...cause, packets };
  }
}
