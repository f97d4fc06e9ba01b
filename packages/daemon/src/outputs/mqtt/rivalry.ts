import type { Info } from '@ifcast/protocol';

/** What tells one run of a daemon from another. */
export type Identity = Pick<Info, 'boot_id' | 'started_at'>;

/** How long a rival may be silent before it is taken for gone, in milliseconds: more than a keepalive and a half. */
const RIVAL_SILENT_MS = 20_000;

/**
 * Decides between two daemons that publish under the same host name: the one that started first goes on, the other
 * stands by until nothing is heard of the first. Both see the other's `info`, so both come to the same result.
 *
 * @param now - monotonic clock in milliseconds
 */
export class Rivalry {
  readonly #now: () => number;
  #rival: Identity | null = null;
  #heardAtMs = 0;
  #yielding = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether another daemon goes on instead of this one. */
  get yielding(): boolean {
    return this.#yielding;
  }

  /** One sentence while another daemon is about, otherwise `null`. */
  problem(host: string): string | null {
    if (this.#rival === null || this.#now() - this.#heardAtMs >= RIVAL_SILENT_MS) return null;
    const who = `another ifcastd, started ${this.#rival.started_at}, publishes as host "${host}"`;
    const outcome = this.#yielding
      ? 'this one stands by until that one is gone'
      : 'this one was first and goes on';
    return `${who}; ${outcome}: give each a "host" of its own`;
  }

  /** An `info` of our topic that is not ours. Returns whether this changed anything. */
  met(own: Identity, other: Identity): boolean {
    const known = this.#rival?.boot_id === other.boot_id && this.problem('') !== null;
    this.#rival = other;
    this.#heardAtMs = this.#now();
    this.#yielding = startedBefore(other, own);
    return !known;
  }

  /** The rival published something. */
  heard(): void {
    this.#heardAtMs = this.#now();
  }

  /** Whether the one that this daemon stands by for has been silent for too long. */
  isRivalSilent(): boolean {
    return this.#yielding && this.#now() - this.#heardAtMs >= RIVAL_SILENT_MS;
  }

  /** The rival is gone: this daemon goes on. */
  gone(): void {
    this.#yielding = false;
    this.#rival = null;
  }
}

function startedBefore(a: Identity, b: Identity): boolean {
  if (a.started_at !== b.started_at) return Date.parse(a.started_at) < Date.parse(b.started_at);
  return a.boot_id < b.boot_id;
}
