import { bool, oneOf } from './checks.ts';
import { topicBase } from './mqtt-checks.ts';
import { type Key, key, tableKey } from './table.ts';

export interface HomeAssistantConfig {
  readonly enabled: boolean;
  readonly discoveryPrefix: string;
  readonly discovery: 'device' | 'entity';
  readonly buckets: boolean;
}

const KEYS = {
  enabled: key(bool, false),
  discovery_prefix: key(topicBase, 'homeassistant'),
  discovery: key(oneOf('device', 'entity'), 'device'),
  buckets: key(bool, false),
};

/** `[home_assistant]`. */
export const homeAssistantTable: Key<HomeAssistantConfig> = tableKey(KEYS, (values) => ({
  enabled: values.enabled,
  discoveryPrefix: values.discovery_prefix,
  discovery: values.discovery,
  buckets: values.buckets,
}));
