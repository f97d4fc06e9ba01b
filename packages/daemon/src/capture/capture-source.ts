import type { InterfaceCounts } from '../report/counts.ts';
import type { CaptureStatus } from '../report/description.ts';

/** A filter as the capture sources take it: `expression` still holds `$MAC`. */
export interface CaptureFilter {
  readonly id: string;
  readonly expression: string;
}

/** What every capture source is given to count. */
export interface CaptureTask {
  readonly iface: string;
  readonly filters: readonly CaptureFilter[];
  /** Ascending inclusive upper bounds, in bytes. */
  readonly sizeUpperBounds: readonly number[];
}

/**
 * Counts one interface. It owns the totals, which outlive every restart of what counts beneath it, and it keeps trying
 * by itself while the interface is not there.
 *
 * Constructing does nothing; `start` resolves when counting or waiting, and rejects with a `DaemonError` only for what no
 * waiting can heal: a missing privilege, an expression that is refused.
 */
export interface CaptureSource {
  readonly iface: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  status(): CaptureStatus;
  /** The totals now. */
  read(): InterfaceCounts;
  /**
   * Goes over to other filters or bounds. Filters whose id and expression stay keep their totals and lose no packet;
   * new ones start at 0. With other bounds all start at 0. When it rejects, the old ones go on.
   */
  replace(task: CaptureTask): Promise<void>;
  /** Times the capture was opened again after a failure. */
  readonly restarts: number;
}

/** Called whenever `status()` has changed. */
export type StatusListener = (source: CaptureSource) => void;
