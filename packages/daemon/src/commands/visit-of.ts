import type { VisitOptions } from '@ifcast/broker';
import { MQTT_KEYS } from '../config/mqtt-keys.ts';
import type { MqttConfig } from '../config/mqtt-settings.ts';

/** How a command visits the brokers of the configuration: with a client id of its own, beside the daemon that may run. */
export function visitOf(mqtt: MqttConfig, urls: readonly string[]): VisitOptions {
  return {
    settings: { ...mqtt, urls },
    called: MQTT_KEYS,
    clientId: `${mqtt.clientId}-visit-${process.pid}`,
  };
}
