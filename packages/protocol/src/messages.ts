/**
 * The payloads, with the names they have on the wire. Counters are `bigint`: a saturated 10 Gb/s link passes 2^53 bytes
 * within three months.
 */

/** The counts of one filter on one interface. `sizes_total` sums to `packets_total`. */
export interface FilterCounts {
  readonly id: string;
  readonly packets_total: bigint;
  readonly bytes_total: bigint;
  /** Those of them that came in; `null` where the backend cannot tell. */
  readonly packets_in_total: bigint | null;
  readonly bytes_in_total: bigint | null;
  /** Packets per size bucket, in the order of `Info.size_upper_bounds`, then everything above. Not cumulative. */
  readonly sizes_total: readonly bigint[];
  /** `null` when there is no earlier snapshot to compare with. */
  readonly packets_per_s: number | null;
  /** `null` when there is no earlier snapshot to compare with. */
  readonly bits_per_s: number | null;
}

/** `<base>/<host>/<iface>/stats`: the broadcast. */
export interface Stats {
  readonly v: 1;
  /** RFC 3339, UTC. */
  readonly ts: string;
  readonly seq: number;
  /** Measured time since the previous message, in milliseconds. */
  readonly interval_ms: number;
  /** When the totals started at 0. Totals never decrease while it stands. */
  readonly since: string;
  /** Packets the capture lost, `null` where the backend cannot tell. */
  readonly dropped_total: bigint | null;
  /** Enabled filters in the order of the configuration. */
  readonly filters: readonly FilterCounts[];
}

/** `<base>/<host>/<iface>/filter/<id>`: one filter, slow; rates are means over the interval. */
export interface FilterState extends FilterCounts {
  readonly v: 1;
  readonly ts: string;
  readonly since: string;
  /** Packets the capture of the interface lost, `null` where the backend cannot tell. */
  readonly dropped_total: bigint | null;
  /** The peak of the fast samples in the interval. */
  readonly bits_per_s_max: number | null;
}

/** Where packets are counted. */
export type BackendName = 'ebpf' | 'cap' | 'file';

/** Where an eBPF program can be attached. */
export const HOOK_NAMES = ['socket', 'tcx', 'xdp'] as const;
export type HookName = (typeof HOOK_NAMES)[number];

/** What a packet is: as on the wire, or as captured after GRO and before GSO. */
export const PACKET_KINDS = ['wire', 'captured'] as const;
export type PacketKind = (typeof PACKET_KINDS)[number];

/** `waiting`: the interface is not there or down; `failed`: it is there and cannot be counted. */
export type InterfaceState = 'counting' | 'waiting' | 'failed';

/** One filter in `info`. */
export interface InfoFilter {
  readonly id: string;
  readonly name: string;
  /** The tcpdump expression, `""` for every packet. `$MAC` is not filled in: it differs by interface. */
  readonly expression: string;
}

/** One interface in `info`. */
export interface InfoInterface {
  /** The raw name. */
  readonly name: string;
  /** Its topic level. */
  readonly topic: string;
  readonly backend: BackendName;
  readonly hook: HookName | null;
  readonly packet: PacketKind;
  /** `LINKTYPE_*` name such as `EN10MB`, `null` until the interface has been opened. */
  readonly link_type: string | null;
  readonly state: InterfaceState;
  /** One sentence: why it is not counting, or why not with the backend before this one; otherwise `null`. */
  readonly reason: string | null;
  /** Sentences on what is counted otherwise than one would think. */
  readonly notes: readonly string[];
  /** The last time in which packets may have passed uncounted; `null` when there was none. */
  readonly gap: InfoGap | null;
  readonly link_mbit_per_s: number | null;
}

/** A time in which an interface was not counted. */
export interface InfoGap {
  /** ISO 8601. */
  readonly from: string;
  readonly to: string;
  /** All such times together, in milliseconds. */
  readonly total_ms: number;
}

/** `waiting`: what it tells, such as a broker, is not there; `failed`: it cannot be as it is set. */
export type OutputState = 'running' | 'waiting' | 'failed';

/** One output in `info`: where else the counts go. */
export interface InfoOutput {
  /** The name of its table in the configuration, such as `mqtt`. */
  readonly name: string;
  /** A broker, an address that it listens on, a file. */
  readonly where: string;
  readonly state: OutputState;
  /** One sentence: why it is not running; otherwise `null`. */
  readonly reason: string | null;
}

/** One trigger in `info`. */
export interface InfoTrigger {
  readonly id: string;
  /** Id of the filter whose packets it looks at. */
  readonly filter: string;
}

/** `<base>/<host>/info`: who counts what, how. */
export interface Info {
  readonly v: 1;
  readonly app: 'ifcast';
  readonly version: string;
  readonly host: string;
  /** New at each start of the daemon. */
  readonly boot_id: string;
  readonly started_at: string;
  readonly delay_ms: number;
  readonly state_interval_s: number;
  readonly size_upper_bounds: readonly number[];
  readonly filters: readonly InfoFilter[];
  readonly interfaces: readonly InfoInterface[];
  /** Empty from a daemon that does not tell. */
  readonly outputs: readonly InfoOutput[];
  /** Empty from a daemon that does not tell. */
  readonly triggers: readonly InfoTrigger[];
}

/** `<base>/<host>/health`: the daemon itself. */
export interface Health {
  readonly v: 1;
  readonly ts: string;
  readonly uptime_s: number;
  readonly rss_bytes: number;
  readonly event_loop_lag_ms_p99: number;
  readonly mqtt_reconnects_total: number;
  readonly mqtt_skipped_total: number;
  readonly capture_restarts_total: number;
  /** `null` or one sentence. */
  readonly problem: string | null;
}

/** What an event is of. They stay as they are: people write automations with them. */
export const EVENT_CODES = [
  'reload',
  'refused',
  'lost',
  'back',
  'fallback',
  'restarted',
  'broker',
  'dropped',
] as const;
export type EventCode = (typeof EVENT_CODES)[number];

/** `<base>/<host>/event`: something has happened. */
export interface HostEvent {
  readonly v: 1;
  readonly ts: string;
  readonly code: EventCode;
  /** The raw name of the interface that it is about; `null` for the daemon as a whole. */
  readonly interface: string | null;
  /** The sentence that the log has. */
  readonly text: string;
}

/** `<base>/<host>/status`: plain text. */
export type Status = 'online' | 'offline';

/** `<base>/<host>/<iface>/trigger/<id>`: a trigger has fired, or its command has ended. */
export interface TriggerFiring {
  readonly v: 1;
  readonly event_type: 'fired' | 'ended';
  readonly ts: string;
  /** Since it fired last; of a quiet one, since it was quiet last. */
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly packets_total: bigint;
  /** Times that it would have fired while its command still ran. */
  readonly suppressed_total: bigint;
  /** What its command ended with; `null` while it runs, where there is none, and where it was not run to its end. */
  readonly exit: number | null;
}
