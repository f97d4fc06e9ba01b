import type { TlsFileNames } from './tls-files.ts';

/** Which brokers to connect to, and as whom. */
export interface BrokerSettings extends TlsFileNames {
  /** Broker URLs, tried in order and around again; at least one. */
  readonly urls: readonly string[];
  readonly version: 'auto' | '5' | '3.1.1';
  /** For brokers whose URL names no user. */
  readonly username: string | null;
  /** For brokers whose URL has no password. */
  readonly password: string | null;
  /** The name that the broker's certificate must have, if it is not the URL's. */
  readonly servername: string | null;
  readonly keepaliveS: number;
}

/** What a program calls its settings, such as `mqtt.ca` or `--ca`: remedies name them. `null` where it has none. */
export interface SettingNames {
  readonly url: string;
  readonly version: string;
  readonly username: string;
  readonly passwordFile: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly servername: string;
  readonly clientId: string | null;
  readonly keepalive: string | null;
}
