import { parseBrokerUrl } from '@ifcast/broker';
import { DEFAULT_TOPIC_BASE } from '@ifcast/protocol';
import { bool, integer, orEmpty, text } from './checks.ts';
import { type EmbeddedLimits, embeddedTable } from './embedded-settings.ts';
import { checkTlsFiles, passwordFile, path } from './file-checks.ts';
import { brokerUrls, mqttVersion, topicBase } from './mqtt-checks.ts';
import type { Place } from './place.ts';
import { type Key, key, tableKey, type ValuesOf } from './table.ts';

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
  readonly embedded: EmbeddedLimits;
}

const KEYS = {
  url: key(brokerUrls, ['mqtt://localhost']),
  topic: key(topicBase, DEFAULT_TOPIC_BASE),
  version: key(mqttVersion, 'auto'),
  client_id: key(orEmpty(text(128)), null),
  username: key(orEmpty(text(256)), null),
  password_file: key(orEmpty(passwordFile), null),
  ca: key(orEmpty(path), null),
  cert: key(orEmpty(path), null),
  key: key(orEmpty(path), null),
  servername: key(orEmpty(text(253)), null),
  keepalive_s: key(integer(2, 3600, 'a number of seconds'), 10),
  retain: key(bool, true),
  scalars: key(bool, false),
  embedded: embeddedTable,
};

/** What the table says; what it leaves open depends on more than the table. */
export type MqttSettings = Omit<MqttConfig, 'clientId'> & { readonly clientId: string | null };

/** `[mqtt]`. */
export const mqttTable: Key<MqttSettings> = tableKey(
  KEYS,
  (values) => ({
    urls: values.url,
    topic: values.topic,
    version: values.version,
    clientId: values.client_id,
    username: values.username,
    password: values.password_file,
    ca: values.ca,
    cert: values.cert,
    key: values.key,
    servername: values.servername,
    keepaliveS: values.keepalive_s,
    retain: values.retain,
    scalars: values.scalars,
    embedded: values.embedded,
  }),
  examine,
);

function examine(values: ValuesOf<typeof KEYS>, place: Place): void {
  checkTlsFiles(values, place);
  if (values.password_file !== null && values.username === null && !urlsNameUser(values.url)) {
    place.at('password_file').fault('a password needs a user: give mqtt.username too');
  }
}

function urlsNameUser(urls: MqttConfig['urls']): boolean {
  return urls !== 'embedded' && urls.some((url) => parseBrokerUrl(url).username !== null);
}
