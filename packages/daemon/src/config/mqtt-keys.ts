import type { SettingNames } from '@ifcast/broker';

/** What the configuration file calls the settings of the broker. */
export const MQTT_KEYS: SettingNames = {
  url: 'mqtt.url',
  version: 'mqtt.version',
  username: 'mqtt.username',
  passwordFile: 'mqtt.password_file',
  ca: 'mqtt.ca',
  cert: 'mqtt.cert',
  key: 'mqtt.key',
  servername: 'mqtt.servername',
  clientId: 'mqtt.client_id',
  keepalive: 'mqtt.keepalive_s',
};
