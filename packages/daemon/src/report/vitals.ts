/** How often the daemon tells of its own health, in seconds. */
export const HEALTH_INTERVAL_S = 60;

/** How the daemon itself does. An output adds what it knows of its own connection. */
export interface Vitals {
  readonly uptimeS: number;
  readonly rssBytes: number;
  readonly eventLoopLagMsP99: number;
  readonly captureRestarts: number;
  /** `null` or one sentence. */
  readonly problem: string | null;
}
