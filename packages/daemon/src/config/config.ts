import type { FilterConditions } from '@ifcast/filter';
import type { CountMode, HookName } from '@ifcast/protocol';

/** What the configuration file says, validated, with every default filled in; frozen. */
export interface Config {
  readonly host: string;
  /** Interface names, at least one, or `auto`: the interface of the default route. */
  readonly interfaces: readonly string[] | 'auto';
  readonly backend: 'auto' | 'ebpf' | 'cap';
  readonly hook: HookName;
  readonly count: CountMode;
  readonly delayMs: number;
  readonly stateIntervalS: number;
  /** Ascending inclusive upper bounds of the packet-size buckets, in bytes. */
  readonly sizeUpperBounds: readonly number[];
  readonly logLevel: LogLevel;
  readonly mqtt: MqttConfig;
  readonly homeAssistant: HomeAssistantConfig;
  /** Disabled filters too: they are checked as the others are. */
  readonly filters: readonly FilterConfig[];
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface MqttConfig {
  /** Broker URLs, tried in order; or `embedded`: a broker of our own on loopback. */
  readonly urls: readonly string[] | 'embedded';
  /** The topic base. */
  readonly topic: string;
  readonly version: 'auto' | '5' | '3.1.1';
  readonly clientId: string;
  readonly username: string | null;
  /** The password itself, from `password_file` or IFCAST_MQTT_PASSWORD. Never printed. */
  readonly password: string | null;
  /** Paths of PEM files. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly servername: string | null;
  readonly keepaliveS: number;
  readonly retain: boolean;
  readonly scalars: boolean;
}

export interface HomeAssistantConfig {
  readonly enabled: boolean;
  readonly discoveryPrefix: string;
  readonly discovery: 'device' | 'entity';
  readonly buckets: boolean;
}

export interface FilterConfig {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly conditions: FilterConditions;
  /** The tcpdump expression of the conditions; `""` for every packet; may hold `$MAC`. */
  readonly expression: string;
}
