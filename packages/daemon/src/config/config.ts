import type { FilterConditions } from '@ifcast/filter';
import type { HookName, PacketKind } from '@ifcast/protocol';

import type { LogLevel } from '../base/log.ts';
import type { CapConfig } from './cap-settings.ts';
import type { HomeAssistantConfig } from './home-assistant-settings.ts';
import type { MqttConfig } from './mqtt-settings.ts';
import type { PrometheusConfig } from './prometheus-settings.ts';
import type { SocketConfig } from './socket-settings.ts';
import type { TriggerConfig } from './trigger-settings.ts';

/** The backends that can be asked for. */
export const BACKEND_SETTINGS = ['auto', 'ebpf', 'cap'] as const;
export type BackendSetting = (typeof BACKEND_SETTINGS)[number];

/** What the configuration file says, validated, with every default filled in; frozen. */
export interface Config {
  readonly host: string;
  /** Interface names, at least one, or `auto`: the interface of the default route. */
  readonly interfaces: readonly string[] | 'auto';
  readonly backend: BackendSetting;
  readonly hook: HookName;
  readonly packet: PacketKind;
  readonly delayMs: number;
  readonly stateIntervalS: number;
  /** Ascending inclusive upper bounds of the packet-size buckets, in bytes. */
  readonly sizeUpperBounds: readonly number[];
  readonly logLevel: LogLevel;
  readonly cap: CapConfig;
  readonly mqtt: MqttConfig;
  readonly homeAssistant: HomeAssistantConfig;
  readonly prometheus: PrometheusConfig;
  /** `null`: there is none. */
  readonly socket: SocketConfig | null;
  readonly triggers: readonly TriggerConfig[];
  /** Disabled filters too: they are checked as the others are. */
  readonly filters: readonly FilterConfig[];
}

export interface FilterConfig {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly conditions: FilterConditions;
  /** The tcpdump expression of the conditions; `""` for every packet; may hold `$MAC`. */
  readonly expression: string;
}
