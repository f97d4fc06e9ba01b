import type { MqttConfig } from '../../config/mqtt-settings.ts';
import { type BackOffOptions, DEFAULT_BACK_OFF } from './back-off.ts';

/** How the connection is made. */
export interface MqttConnectionOptions {
  readonly urls: readonly string[];
  readonly mqtt: Omit<MqttConfig, 'urls' | 'topic' | 'retain' | 'scalars'>;
  /** Where `online` and `offline` are said. */
  readonly statusTopic: string;
  /** Appended to the client id when another client uses it; the same for the life of the process. */
  readonly idSuffix: string;
}

/** Times in milliseconds; tests shorten them. */
export interface MqttConnectionTiming {
  readonly backOff: BackOffOptions;
  readonly connectTimeoutMs: number;
  /** The same while there is another broker to turn to that has not been tried yet. */
  readonly failoverTimeoutMs: number;
  /** The most that `stop` waits for `offline` to be acknowledged. */
  readonly farewellMs: number;
  /** The most that `stop` then waits for the end of the connection. */
  readonly endMs: number;
}

export const DEFAULT_TIMING: MqttConnectionTiming = {
  backOff: DEFAULT_BACK_OFF,
  connectTimeoutMs: 5000,
  failoverTimeoutMs: 2000,
  farewellMs: 1500,
  endMs: 500,
};
