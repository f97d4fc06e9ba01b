/** ECMA-262, 21.4.1.1: no `Date` is further from 1970. */
const LAST_MS = 8.64e15;

/** From the earliest to the latest packet of captures; they need not be in order. */
export class TimeSpan {
  #fromUs = Infinity;
  #toUs = -Infinity;

  /** @param us - microseconds since 1970 */
  add(us: number): void {
    if (us < this.#fromUs) this.#fromUs = us;
    if (us > this.#toUs) this.#toUs = us;
  }

  /** Milliseconds since 1970, as near as a date can tell; 0 where there was no packet. */
  get fromMs(): number {
    return asDate(this.#fromUs);
  }

  /** As {@link fromMs}. */
  get toMs(): number {
    return asDate(this.#toUs);
  }

  /** Whether a packet has a time that no date can tell. */
  get isBeyondDates(): boolean {
    return Number.isFinite(this.#fromUs) && Math.max(-this.#fromUs, this.#toUs) > LAST_MS * 1000;
  }
}

function asDate(us: number): number {
  return Number.isFinite(us) ? Math.max(-LAST_MS, Math.min(us / 1000, LAST_MS)) : 0;
}
