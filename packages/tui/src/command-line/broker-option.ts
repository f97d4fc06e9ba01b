import { BrokerError, parseBrokerUrl } from '@ifcast/broker';

export const DEFAULT_BROKER = 'mqtt://127.0.0.1';

/** A broker can be named by its host alone. */
export function withScheme(text: string): string {
  // "mqtt:host" has lost its slashes; "mqtt:1883" is a host.
  return /^[a-z]+:\/\/|^(mqtts?|wss?):(?!\d+$)/i.test(text) ? text : `mqtt://${text}`;
}

/** What is wrong with a broker's URL and what would be right, without its password; `null`: nothing. */
export function brokerFault(text: string): string | null {
  try {
    parseBrokerUrl(withScheme(text));
    return null;
  } catch (error) {
    if (error instanceof BrokerError) return error.message;
    throw error;
  }
}
