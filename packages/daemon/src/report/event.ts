import type { EventCode } from '@ifcast/protocol';

/** Something has happened that the log tells too. */
export interface DaemonEvent {
  readonly code: EventCode;
  readonly at: Date;
  /** The interface that it is about; `null` for the daemon as a whole. */
  readonly iface: string | null;
  /** The sentence of the log. */
  readonly text: string;
}
