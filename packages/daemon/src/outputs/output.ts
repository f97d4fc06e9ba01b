import type { Info } from '@ifcast/protocol';
import type { InterfaceCounts } from '../capture/capture-source.ts';

/** How often `health` is told, in seconds. */
export const HEALTH_INTERVAL_S = 60;

/** The counts of one interface at one moment. */
export interface InterfaceSnapshot {
  readonly iface: string;
  /** Wall clock, for `ts`. */
  readonly takenAt: Date;
  /** Monotonic clock in milliseconds, for intervals and rates: the wall clock may be set. */
  readonly monotonicMs: number;
  readonly counts: InterfaceCounts;
}

/** What the daemon knows of itself, for `health`. The publisher adds what it knows of its own connection. */
export interface DaemonVitals {
  readonly uptimeS: number;
  readonly rssBytes: number;
  readonly eventLoopLagMsP99: number;
  readonly captureRestarts: number;
  /** `null` or one sentence. */
  readonly problem: string | null;
}

/** Takes snapshots and tells the world. A publisher that cannot reach anyone drops what it is given and never throws. */
export interface Publisher {
  start(): Promise<void>;
  /** Says goodbye; resolves within 3 s whatever the other end does. */
  stop(): Promise<void>;
  /** Called at start, and whenever filters, interfaces or their states have changed. */
  describe(info: Info): void;
  /** Called every `delay_ms` with the snapshots of all interfaces. */
  publish(snapshots: readonly InterfaceSnapshot[]): void;
  /** Called every 60 s. */
  health(vitals: DaemonVitals): void;
}
