import { bool, oneOf, orEmpty } from './checks.ts';
import { topicBase } from './mqtt-checks.ts';
import { type Check, type Key, key, tableKey } from './table.ts';

const RATE_UNITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'B/s', 'kB/s', 'MB/s', 'GB/s'] as const;

/** A unit of data rate, as Home Assistant writes it. */
export type RateUnit = (typeof RATE_UNITS)[number];

export interface HomeAssistantConfig {
  readonly enabled: boolean;
  readonly discoveryPrefix: string;
  readonly discovery: 'device' | 'entity';
  readonly buckets: boolean;
  /** Of rates; totals go with it: MB with Mbit/s and with MB/s. */
  readonly units: RateUnit;
  /** What the host's device page links to. */
  readonly url: string | null;
}

const webAddress: Check<string> = (value, place) => {
  const expected = 'the address of a page in quotes such as "http://192.0.2.1/"';
  if (typeof value !== 'string' || !URL.canParse(value)) return place.isNot(value, expected);
  const { protocol, username, password } = new URL(value);
  if (username !== '' || password !== '')
    return place.fault('everybody who reads the broker would see the user name and password: leave them out');
  return ['http:', 'https:'].includes(protocol) ? value : place.isNot(value, expected);
};

const KEYS = {
  enabled: key(bool, false),
  discovery_prefix: key(topicBase, 'homeassistant'),
  discovery: key(oneOf('device', 'entity'), 'device'),
  buckets: key(bool, false),
  units: key(oneOf(...RATE_UNITS), 'Mbit/s'),
  url: key(orEmpty(webAddress), null),
};

/** `[home_assistant]`. */
export const homeAssistantTable: Key<HomeAssistantConfig> = tableKey(KEYS, (values) => ({
  enabled: values.enabled,
  discoveryPrefix: values.discovery_prefix,
  discovery: values.discovery,
  buckets: values.buckets,
  units: values.units,
  url: values.url,
}));
