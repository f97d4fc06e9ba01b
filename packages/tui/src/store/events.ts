import type { Health, Info, Stats, Status } from '@ifcast/protocol';

/** What came from the broker, parsed and sanitized. `host` and `iface` are topic levels. */
export type Message =
  | { readonly type: 'status'; readonly host: string; readonly status: Status; readonly retained: boolean }
  | { readonly type: 'info'; readonly host: string; readonly info: Info }
  | { readonly type: 'stats'; readonly host: string; readonly iface: string; readonly stats: Stats }
  | { readonly type: 'health'; readonly host: string; readonly health: Health }
  /** The retained topics of a host were deleted. */
  | { readonly type: 'removed'; readonly host: string }
  /** A message that cannot be used, and why. */
  | { readonly type: 'rejected'; readonly topic: string; readonly reason: string }
  /** Something that this program could not do, in one sentence. */
  | {
      readonly type: 'problem';
      readonly text: string;
      /** What goes on no more. */
      readonly ends?: 'recording';
    };

/** What happens to the connection. `broker` is the URL without its password. */
export type ConnectionEvent =
  | { readonly type: 'connecting'; readonly broker: string; readonly attempt: number }
  | { readonly type: 'connected'; readonly broker: string }
  | {
      readonly type: 'disconnected';
      readonly broker: string;
      /** Counts from 1 since the last time there was a connection. */
      readonly attempt: number;
      readonly reason: string;
      /** When the next attempt starts, milliseconds since the epoch. */
      readonly retryAt: number;
    };

/** Something that happened, and when: milliseconds since the epoch on the clock of this machine. */
export type DashboardEvent = (Message | ConnectionEvent) & { readonly at: number };
