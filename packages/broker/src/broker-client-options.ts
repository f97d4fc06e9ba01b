import type { BackOffOptions } from './back-off.ts';
import type { BrokerSettings, SettingNames } from './broker-settings.ts';
import type { ClientId, ClientIdChange } from './client-id.ts';
import type {
  IncomingMessage,
  LastWill,
  OutgoingMessage,
  ProtocolVersion,
  SkippedMessage,
} from './connection.ts';

/** What a client connects to, and how it appears there. */
export interface BrokerClientOptions {
  readonly settings: BrokerSettings;
  readonly called: SettingNames;
  readonly clientId: ClientId;
  readonly will: LastWill | null;
}

/** Times in milliseconds; tests shorten them. */
export interface BrokerTiming {
  readonly backOff: BackOffOptions;
  readonly connectTimeoutMs: number;
  /** The same while there is another broker to turn to that has not been tried yet. */
  readonly failoverTimeoutMs: number;
}

/** An attempt that begins. */
export interface Attempt {
  /** The broker's URL for people. */
  readonly broker: string;
  /** Counts from 1 since there was a connection last. */
  readonly attempt: number;
}

/** A connection that a broker has accepted. */
export interface Connected {
  readonly broker: string;
  readonly version: ProtocolVersion;
  readonly clientId: string;
  /** It takes retained messages. */
  readonly retains: boolean;
}

/** A connection that has ended, or never began. */
export interface Disconnected extends Attempt {
  /** There was a connection. */
  readonly wasConnected: boolean;
  /** A phrase with its remedy. It may hold words of the broker, which are not made harmless to terminals. */
  readonly why: string;
  /** The broker may only want the other version of MQTT, which is tried next. */
  readonly mayBeVersion: boolean;
  /** The client id is another one from now on, and why. */
  readonly clientIdChange: {
    readonly why: ClientIdChange;
    readonly before: string;
    readonly now: string;
  } | null;
  /** The next attempt begins after so many milliseconds. */
  readonly retryInMs: number;
}

/** Called by the client. */
export interface BrokerClientHandlers {
  onConnecting(attempt: Attempt): void;
  /** Nothing is subscribed, and nothing retained may be left. */
  onConnect(connected: Connected): void;
  onMessage(message: IncomingMessage): void;
  /** A message was too long, and is left out. */
  onSkipped(message: SkippedMessage): void;
  onDisconnect(disconnected: Disconnected): void;
}

/** What is said before the end. */
export interface Farewell {
  /** Sent at QoS 1. */
  readonly message: OutgoingMessage;
  /** The most that its acknowledgement is waited for, in milliseconds. */
  readonly farewellMs: number;
  /** The most that the end of the connection is waited for then. */
  readonly endMs: number;
}
