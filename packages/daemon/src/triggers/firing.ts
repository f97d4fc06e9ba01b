import { topicLevel } from '@ifcast/protocol';

import type { TriggerMessage } from '../report/triggers.ts';

/** One firing of a trigger. */
export interface Firing {
  readonly trigger: string;
  readonly host: string;
  readonly iface: string;
  readonly filter: string;
  readonly at: Date;
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly packetsTotal: bigint;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The whole environment of a trigger's command. */
export function commandEnvironment(
  firing: Firing,
  path: string = process.env['PATH'] ?? DEFAULT_PATH,
): Record<string, string> {
  return {
    PATH: path,
    IFCAST_TRIGGER: firing.trigger,
    IFCAST_FILTER: firing.filter,
    IFCAST_INTERFACE: firing.iface,
    IFCAST_PACKETS: String(firing.packets),
    IFCAST_BYTES: String(firing.bytes),
    IFCAST_PACKETS_TOTAL: String(firing.packetsTotal),
    IFCAST_TIME: firing.at.toISOString(),
  };
}

/** The message with what its placeholders stand for: a topic level in the topic, the inside of a JSON text in the payload. */
export function filledMessage(message: TriggerMessage, firing: Firing): TriggerMessage {
  const values: Readonly<Record<string, string>> = {
    host: firing.host,
    interface: firing.iface,
    filter: firing.filter,
    packets: String(firing.packets),
    bytes: String(firing.bytes),
    time: firing.at.toISOString(),
  };
  const fill = (text: string, quote: (value: string) => string): string =>
    text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      return value === undefined ? whole : quote(value);
    });
  return {
    ...message,
    topic: fill(message.topic, topicLevel),
    payload: fill(message.payload, (value) => JSON.stringify(value).slice(1, -1)),
  };
}
