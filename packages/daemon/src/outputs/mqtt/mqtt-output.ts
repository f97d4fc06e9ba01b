import type { Config } from '../../config/config.ts';
import { installationOf } from '../home-assistant/installation.ts';
import type { Output, OutputContext, OutputKind } from '../output.ts';
import { EmbeddedPublisher } from './embedded-publisher.ts';
import { DEFAULT_PUBLISHER_TIMING, MqttPublisher } from './mqtt-publisher.ts';

type Settings = Pick<Config, 'host' | 'mqtt' | 'homeAssistant'>;

/** The counts over MQTT: to the brokers of the configuration, or to one of our own. */
export const MQTT_OUTPUT: OutputKind<Settings> = {
  name: 'mqtt',
  settings: ({ host, mqtt, homeAssistant }) => ({ host, mqtt, homeAssistant }),
  create: (settings, context) => {
    const { urls } = settings.mqtt;
    if (urls !== 'embedded') return createPublisher(urls, settings, context);
    return new EmbeddedPublisher(settings.mqtt, context.log, (url) =>
      createPublisher([url], settings, context),
    );
  },
};

function createPublisher(urls: readonly string[], settings: Settings, context: OutputContext): Output {
  const options = { urls, installationOf, ...settings };
  return new MqttPublisher(options, context.log, DEFAULT_PUBLISHER_TIMING, context.onStatus);
}
