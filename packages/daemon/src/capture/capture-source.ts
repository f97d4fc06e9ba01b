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
   * Does everything of a change to other filters or bounds that can fail; the old ones go on.
   *
   * @throws DaemonError for what is refused
   */
  prepare(task: CaptureTask): Promise<Replacement>;
  /** Times the capture was opened again, whether it had failed or its interface was down or away. */
  readonly restarts: number;
}

/** A change to another task that is ready. One of its methods is called, once. */
export interface Replacement {
  /**
   * Goes over. Filters whose id and expression stay keep their totals and lose no packet; new ones start at 0. With other
   * bounds all start at 0. Never rejects: where counting does not go on, `status()` says why and it is tried again.
   */
  commit(): Promise<void>;
  /** Lets go of what was prepared. */
  discard(): Promise<void>;
}

/** Called whenever `status()` has changed. */
export type StatusListener = (source: CaptureSource) => void;
