import type { BrokerSettings } from './broker-settings.ts';
import type { ConnectionEnd, ProtocolVersion } from './connection.ts';

/** Unsupported Protocol Version: the reason code of MQTT 5 and the return code of 3.1.1. */
const UNSUPPORTED_VERSION: readonly number[] = [132, 1];
/** Closes before CONNACK that mean the same: some brokers hang up on what they do not know. */
const SILENT_CLOSES = 2;

/** Which protocol version to speak to one broker: with `auto` 5, then 3.1.1, then whatever worked. */
export class VersionChoice {
  readonly #fixed: boolean;
  #version: ProtocolVersion;
  /** Both since it worked last. */
  #silentCloses = 0;
  #refusals = 0;

  constructor(setting: BrokerSettings['version']) {
    this.#fixed = setting !== 'auto';
    this.#version = setting === '3.1.1' ? 4 : 5;
  }

  get version(): ProtocolVersion {
    return this.#version;
  }

  /** Whether a close may only mean that the broker wants the other version, which has not been tried yet. */
  get undecided(): boolean {
    return !this.#fixed && this.#silentCloses > 0 && this.#silentCloses <= SILENT_CLOSES;
  }

  /** The connection was accepted. */
  worked(): void {
    this.#silentCloses = 0;
    this.#refusals = 0;
  }

  /**
   * Learns from an attempt that failed before CONNACK.
   *
   * @returns whether the broker has answered that it wants the other version: the next attempt need not wait. One that
   *   refuses both is not asked faster than any other that fails
   */
  failed(end: ConnectionEnd): boolean {
    if (this.#fixed) return false;
    if (isUnsupportedVersion(end)) {
      this.#change();
      this.#refusals++;
      return this.#refusals === 1;
    }
    if (end.error !== null || end.reasonCode !== null) return false;
    this.#silentCloses++;
    if (this.#silentCloses % SILENT_CLOSES === 0) this.#change();
    return false;
  }

  #change(): void {
    this.#version = this.#version === 5 ? 4 : 5;
  }
}

/** Whether the broker said that it does not speak this version. */
export function isUnsupportedVersion({ opened, reasonCode }: ConnectionEnd): boolean {
  return !opened && reasonCode !== null && UNSUPPORTED_VERSION.includes(reasonCode);
}
