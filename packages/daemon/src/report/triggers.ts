/** What a trigger has done on one interface since the daemon started. */
export interface TriggerTotals {
  readonly id: string;
  readonly fired: bigint;
  /** Times that it would have fired while its command still ran. */
  readonly suppressed: bigint;
  /** Commands that failed, and messages that reached no broker. */
  readonly failed: bigint;
}

/** An MQTT message that a trigger sends. */
export interface TriggerMessage {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

/** A trigger has fired, or the command that it ran has ended. */
export interface TriggerEvent {
  readonly type: 'fired' | 'ended';
  readonly trigger: string;
  readonly iface: string;
  readonly at: Date;
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly packetsTotal: bigint;
  readonly suppressedTotal: bigint;
  /** How the command ended; `null` while it runs, where there is none, and where it was not run to its end. */
  readonly exit: number | null;
  /** What is to be sent with it. */
  readonly message: TriggerMessage | null;
  /** The message is worth nothing after so long. */
  readonly keepMs: number;
  /** To be called when the message could not be sent in time. */
  readonly onLost: () => void;
}
