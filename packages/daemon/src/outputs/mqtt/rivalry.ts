import type { Info } from '@ifcast/protocol';

/** What tells one run of a daemon from another. */
export type Identity = Pick<Info, 'boot_id' | 'started_at'>;

/** How long a rival may be silent before it is taken for gone, in milliseconds: more than a keepalive and a half. */
const RIVAL_SILENT_MS = 20_000;
/** Broadcasts of the rival's own after which it is believed: one `info` may be forged, or played back by a bridge. */
const BELIEVED_AFTER = 2;

/**
 * Decides between two daemons that publish under the same host name: the one that started first goes on, the other
 * stands by until nothing is heard of the first. Both see the other's `info`, so both come to the same result. Nothing
 * is decided before the other is also heard counting.
 *
 * @param now - monotonic clock in milliseconds
 */
export class Rivalry {
  readonly #now: () => number;
  #rival: (Identity & { readonly isFirst: boolean; readonly notBeforeMs: number }) | null = null;
  #heardAtMs = 0;
  /** The times of its newest broadcast, and how many came, each later than the one before. */
  #newestMs = 0;
  #broadcasts = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether another daemon goes on instead of this one. */
  get yielding(): boolean {
    return this.#rival?.isFirst === true && this.#broadcasts >= BELIEVED_AFTER;
  }

  /** Whether another daemon has been heard of lately. */
  get hasRival(): boolean {
    return this.#rival !== null && this.#now() - this.#heardAtMs < RIVAL_SILENT_MS;
  }

  /** One sentence while another daemon is about, otherwise `null`. */
  problem(host: string): string | null {
    if (this.#rival === null || !this.hasRival) return null;
    const { started_at, isFirst } = this.#rival;
    const remedy = 'give each a "host" of its own';
    if (this.#broadcasts < BELIEVED_AFTER) {
      return `an "info" of another ifcastd, started ${started_at}, came for host "${host}"; this one goes on: if there is another, ${remedy}`;
    }
    const who = `another ifcastd, started ${started_at}, publishes as host "${host}"`;
    const outcome = isFirst ? 'this one stands by until that one is gone' : 'this one was first and goes on';
    return `${who}; ${outcome}: ${remedy}`;
  }

  /** An `info` of our topic that is not ours. Returns whether it is news. */
  met(own: Identity, other: Identity): boolean {
    const known = this.#rival?.boot_id === other.boot_id && this.hasRival;
    if (!known && this.yielding && this.hasRival) return false;
    this.#heardAtMs = this.#now();
    if (known) return false;
    this.#rival = {
      ...other,
      isFirst: startedBefore(other, own),
      notBeforeMs: Date.parse(own.started_at),
    };
    this.#newestMs = 0;
    this.#broadcasts = 0;
    return true;
  }

  /**
   * A broadcast on our topics that is not ours.
   *
   * @param tsMs - its time. One from before our start is played back, and so is one that is not newer than another
   * @returns whether the rival is believed from now on
   */
  heard(tsMs: number): boolean {
    if (this.#rival === null || !(tsMs > this.#rival.notBeforeMs) || tsMs <= this.#newestMs) return false;
    this.#heardAtMs = this.#now();
    this.#newestMs = tsMs;
    this.#broadcasts++;
    return this.#broadcasts === BELIEVED_AFTER;
  }

  /** Whether the one that this daemon stands by for has been silent for too long. */
  isRivalSilent(): boolean {
    return this.yielding && !this.hasRival;
  }

  /** The rival is gone: this daemon goes on. */
  gone(): void {
    this.#rival = null;
    this.#broadcasts = 0;
  }
}

function startedBefore(a: Identity, b: Identity): boolean {
  if (a.started_at !== b.started_at) return Date.parse(a.started_at) < Date.parse(b.started_at);
  return a.boot_id < b.boot_id;
}
