import type { BackendName, CountMode, HookName, InterfaceState } from '@ifcast/protocol';

/** The totals of one filter. The packets are the sum of the sizes. */
export interface FilterTotals {
  readonly id: string;
  /** When these totals started at 0. */
  readonly since: Date;
  readonly bytes: bigint;
  /** Packets per size bucket; one more entry than upper bounds. */
  readonly sizes: readonly bigint[];
}

/** What a capture source has counted on its interface. */
export interface InterfaceCounts {
  /** When the totals started at 0: it moves when, and only when, an id that was there starts at 0 again. */
  readonly since: Date;
  /** Packets the capture lost, `null` where the backend cannot tell. */
  readonly dropped: bigint | null;
  /** Enabled filters in the order of the configuration. */
  readonly filters: readonly FilterTotals[];
}

/** How a capture source does, as `info` tells it. */
export interface CaptureStatus {
  readonly state: InterfaceState;
  /** One sentence: why it is not counting, or why not with the backend before this one; otherwise `null`. */
  readonly reason: string | null;
  readonly backend: BackendName;
  readonly hook: HookName | null;
  readonly count: CountMode;
  /** `LINKTYPE_*` name such as `EN10MB`, `null` until the interface has been opened. */
  readonly linkType: string | null;
}

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
  /** The totals now. A source whose counts live in another process answers with what that process told last. */
  read(): Promise<InterfaceCounts>;
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
