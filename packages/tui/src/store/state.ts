import type { Health, Info, Stats, Status } from '@ifcast/protocol';

import { type Alarms, NO_ALARMS } from './alarms.ts';
import type { History } from './history.ts';
import { EMPTY_JOURNAL, type Journal } from './journal.ts';
import type { Peaks } from './peaks.ts';

/** Everything the dashboard knows. Values are replaced, never changed, except the histories, which only grow. */
export interface State {
  readonly connection: Connection;
  /** By topic level. */
  readonly hosts: ReadonlyMap<string, Host>;
  /** By {@link interfaceKey}. */
  readonly interfaces: ReadonlyMap<string, CountedInterface>;
  readonly rejected: Rejected;
  /** Something that this program could not do, in one sentence. */
  readonly problem: string | null;
  /** The recording that this is from; `null`: this is happening now. */
  readonly replay: Replay | null;
  /** The file that everything is being written to. */
  readonly recording: Recording | null;
  /** What has happened: what `E` lists. */
  readonly journal: Journal;
  /** The rules of the configuration, and where they are broken. */
  readonly alarms: Alarms;
  /** Interfaces that the journal has told to be stale, by {@link interfaceKey}: when their last broadcast came. */
  readonly stale: ReadonlyMap<string, number>;
}

export interface Connection {
  readonly phase: 'connecting' | 'connected' | 'disconnected';
  /** URL without its password. */
  readonly broker: string;
  /** When the phase began. */
  readonly since: number;
  /** Counts from 1 since the last time there was a connection. */
  readonly attempt: number;
  /** When a connection that stood was lost; `null` while there is one or has never been one. */
  readonly lostAt: number | null;
  readonly reason: string | null;
  readonly retryAt: number | null;
}

export interface Host {
  /** Topic level. */
  readonly host: string;
  /** When it last told anything but counts. */
  readonly heardAt: number;
  readonly status: Status | null;
  /** When the status changed; `null` when it had changed before this program saw it. */
  readonly statusSince: number | null;
  readonly info: Info | null;
  readonly health: Health | null;
}

export interface CountedInterface {
  readonly key: string;
  /** Topic levels. */
  readonly host: string;
  readonly iface: string;
  readonly stats: Stats;
  /** The broadcast before. */
  readonly previous: Stats | null;
  readonly receivedAt: number;
  /** By filter id. */
  readonly histories: ReadonlyMap<string, History>;
  readonly peaks: Peaks;
}

/** A recording that is shown again. */
export interface Replay {
  /** The file, for people. */
  readonly name: string;
  readonly ended: boolean;
}

/** A recording that is being made: `REC` on a screen while it has not ended. */
export interface Recording {
  /** The file, for people. */
  readonly name: string;
  /** It could not be written on; the reason is the state's `problem`. */
  readonly ended: boolean;
}

export interface Rejected {
  readonly count: number;
  /** `topic: reason` of the newest. */
  readonly last: string | null;
}

export const EMPTY_STATE: State = {
  connection: {
    phase: 'connecting',
    broker: '',
    since: 0,
    attempt: 1,
    lostAt: null,
    reason: null,
    retryAt: null,
  },
  hosts: new Map(),
  interfaces: new Map(),
  rejected: { count: 0, last: null },
  problem: null,
  replay: null,
  recording: null,
  journal: EMPTY_JOURNAL,
  alarms: NO_ALARMS,
  stale: new Map(),
};

/** `host/iface`, both topic levels, which cannot hold a slash. */
export function interfaceKey(host: string, iface: string): string {
  return `${host}/${iface}`;
}
