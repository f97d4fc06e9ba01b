/** Where events come from: a broker, or a recording. */
export interface EventSource {
  /**
   * Resolves when events can be shown: of a broker at once, of a recording when its first event has been read.
   *
   * @throws `TuiError` `data` for a file that is no recording
   */
  start(): Promise<void>;
  stop(): void;
  retryNow(): void;
  /** The time that the events are of, milliseconds since the epoch. */
  now(): number;
  /** How to go through a recording; `null`: this is happening now. */
  readonly replay: ReplayControl | null;
}

/** What keys do with a recording. Each takes effect at once; `Feed.rewind` tells when the state begins anew. */
export interface ReplayControl {
  position(): ReplayPosition;
  /** Stops the time of the recording, and lets it go on. */
  pause(): void;
  resume(): void;
  /** Goes forward, or back with less than 0, by milliseconds of the recording. */
  seek(byMs: number): void;
  /** Twice as fast, half as fast. */
  faster(): void;
  slower(): void;
}

/** Where a recording is. Times are milliseconds since the epoch. */
export interface ReplayPosition {
  readonly at: number;
  /** The first event. */
  readonly from: number;
  /** The last event; `null` while it is not known, as in a pipe. */
  readonly until: number | null;
  /** 2 is twice as fast as it was; `Infinity`: as fast as it goes. */
  readonly speed: number;
  readonly paused: boolean;
  readonly ended: boolean;
  /** Events of before are still being gone through. */
  readonly seeking: boolean;
  /** A pipe cannot be gone back in. */
  readonly canGoBack: boolean;
}
