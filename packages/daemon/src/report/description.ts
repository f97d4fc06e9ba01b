import type { BackendName, HookName, InterfaceState, OutputState, PacketKind } from '@ifcast/protocol';

/** Who counts what, and how: what the daemon tells of itself whenever it has changed. Every output says it its own way. */
export interface Description {
  readonly version: string;
  readonly host: string;
  /** New at each start of the daemon. */
  readonly bootId: string;
  readonly startedAt: Date;
  readonly delayMs: number;
  readonly stateIntervalS: number;
  /** Ascending inclusive upper bounds of the packet-size buckets, in bytes. */
  readonly sizeUpperBounds: readonly number[];
  /** Enabled filters in the order of the configuration. */
  readonly filters: readonly FilterDescription[];
  readonly interfaces: readonly InterfaceDescription[];
  readonly outputs: readonly OutputDescription[];
  readonly triggers: readonly TriggerDescription[];
}

export interface TriggerDescription {
  readonly id: string;
  /** Id of the filter whose packets it looks at. */
  readonly filter: string;
}

export interface FilterDescription {
  readonly id: string;
  readonly name: string;
  /** The tcpdump expression, `""` for every packet; may hold `$MAC`, which differs by interface. */
  readonly expression: string;
}

/** How the counting of one interface does. */
export interface CaptureStatus {
  readonly state: InterfaceState;
  /** While `waiting`: not for the interface, but for a capture that has ended by itself. */
  readonly ended?: boolean;
  /** One sentence: why it is not counting, or why not with the backend before this one; otherwise `null`. */
  readonly reason: string | null;
  readonly backend: BackendName;
  readonly hook: HookName | null;
  readonly packet: PacketKind;
  /** `LINKTYPE_*` name such as `EN10MB`, `null` until the interface has been opened. */
  readonly linkType: string | null;
  /** Sentences on what is counted otherwise than one would think. */
  readonly notes: readonly string[];
  /** The last time in which packets may have passed uncounted; `null` when there was none. */
  readonly gap: Gap | null;
}

/** A time in which an interface was not counted. */
export interface Gap {
  readonly from: Date;
  readonly to: Date;
  /** All such times together. */
  readonly totalMs: number;
}

export interface InterfaceDescription extends CaptureStatus {
  readonly name: string;
  /** Mbit/s, `null` where unknown. */
  readonly linkSpeed: number | null;
}

/** A number that an output tells of itself. */
export interface OutputNumber {
  /** In snake case, such as `reconnects`. */
  readonly name: string;
  /** A sentence for people. */
  readonly help: string;
  readonly value: number;
}

/** How an output does. */
export interface OutputStatus {
  readonly state: OutputState;
  /** One sentence: why it is not running; `null` while it is. */
  readonly reason: string | null;
  /** Where it tells: a broker, an address that it listens on, a file. Never a secret. */
  readonly where: string;
  readonly gauges?: readonly OutputNumber[];
  /** Counted since the daemon started. */
  readonly counters?: readonly OutputNumber[];
}

export interface OutputDescription extends OutputStatus {
  /** The name of its table in the configuration, such as `mqtt`. */
  readonly name: string;
}
