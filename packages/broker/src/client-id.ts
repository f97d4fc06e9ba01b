import { randomBytes } from 'node:crypto';

import type { ConnectionEnd } from './connection.ts';

/** A connection that lasted this long, in milliseconds, was a good one. */
export const STABLE_MS = 10_000;

/**
 * Short connections in a row that the broker closed without a word, and no failure to connect in between as when it is
 * restarted: another client may have our id. MQTT 3.1.1 cannot say so, and not every broker does with MQTT 5.
 */
const SUSPICIOUS_CLOSES = 3;
const SESSION_TAKEN_OVER = 142;
/** Identifier rejected, and not authorized, which brokers with a list of allowed ids say. */
const ID_REFUSED: readonly number[] = [2, 5, 133, 135];

/**
 * Why a client id has changed. `taken`: the broker says that another client has it. `suspected`: it may be so.
 * `unfounded`: connections end as fast with the other id, so it is the first one again.
 */
export type ClientIdChange = 'taken' | 'suspected' | 'unfounded';

/** Under which client id to connect. */
export interface ClientId {
  /** The id for the next attempt. */
  readonly id: string;
  /**
   * A connection that was open has ended.
   *
   * @returns why the id is another one now; `null` where it is not
   */
  lost(end: ConnectionEnd, lastedMs: number): ClientIdChange | null;
  /** A connection could not be opened. */
  failed(end: ConnectionEnd): void;
}

/** Another id at each attempt: in a cluster an old one may still have its queue on the node that was lost. */
export class FreshClientId implements ClientId {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  get id(): string {
    return `${this.#prefix}-${randomBytes(6).toString('hex')}`;
  }

  lost(): null {
    return null;
  }

  failed(): void {}
}

/**
 * The same id for good, so that a half-open connection of before is taken over. It changes when another client connects
 * with it, for taking it back and forth would never end.
 */
export class StableClientId implements ClientId {
  readonly #configured: string;
  readonly #suffix: string;
  #suffixed = false;
  #suffixRefused = false;
  #suspiciousCloses = 0;
  /** The other id has not yet shown that it is better. */
  #onTrial = false;

  /** @param suffix - sets this process apart from others */
  constructor(configured: string, suffix: string) {
    this.#configured = configured;
    this.#suffix = suffix;
  }

  get id(): string {
    return this.#suffixed ? `${this.#configured}-${this.#suffix}` : this.#configured;
  }

  lost(end: ConnectionEnd, lastedMs: number): ClientIdChange | null {
    const suspicious = lastedMs < STABLE_MS && isSilentClose(end);
    this.#suspiciousCloses = suspicious ? this.#suspiciousCloses + 1 : 0;
    if (lastedMs >= STABLE_MS) this.#onTrial = false;
    const manyCloses = this.#suspiciousCloses >= SUSPICIOUS_CLOSES;
    if (this.#suffixed) return this.#onTrial && manyCloses ? this.#goBack() : null;
    const taken = end.reasonCode === SESSION_TAKEN_OVER;
    if (this.#suffixRefused || !(taken || manyCloses)) return null;
    this.#suffixed = true;
    this.#onTrial = !taken;
    this.#suspiciousCloses = 0;
    return taken ? 'taken' : 'suspected';
  }

  #goBack(): 'unfounded' {
    this.#suffixed = false;
    this.#suffixRefused = true;
    return 'unfounded';
  }

  failed({ reasonCode }: ConnectionEnd): void {
    this.#suspiciousCloses = 0;
    if (!this.#suffixed || reasonCode === null || !ID_REFUSED.includes(reasonCode)) return;
    this.#suffixed = false;
    this.#suffixRefused = true;
  }
}

function isSilentClose({ error, reasonCode }: ConnectionEnd): boolean {
  if (reasonCode !== null) return false;
  return error === null || ('code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE'));
}
