import {
  BrokerClient,
  type BrokerSettings,
  type BrokerTiming,
  DEFAULT_BACK_OFF,
  FreshClientId,
  type IncomingMessage,
} from '@ifcast/broker';

import type { EventSource } from '../store/event-source.ts';
import type { DashboardEvent } from '../store/events.ts';
import { intake, subscriptions } from './intake.ts';
import { sanitizeText } from './sanitize.ts';
import { OPTION_NAMES } from './setting-names.ts';

const TIMING: BrokerTiming = {
  backOff: DEFAULT_BACK_OFF,
  connectTimeoutMs: 5000,
  failoverTimeoutMs: 2000,
};

/** Where the messages come from, and which of them. */
export interface SourceOptions {
  readonly broker: BrokerSettings;
  /** The topic base. */
  readonly topic: string;
  /** Topic levels; `+` for all. */
  readonly onlyHost: string;
  readonly onlyInterface: string;
}

/**
 * The events of a broker.
 *
 * @throws BrokerError `url`
 */
export function brokerSource(
  options: SourceOptions,
  push: (event: DashboardEvent) => void,
  timing: BrokerTiming = TIMING,
): EventSource {
  const topics = subscriptions(options.topic, options.onlyHost, options.onlyInterface);
  const rejected = (topic: string, reason: string): void =>
    push({ type: 'rejected', topic: sanitizeText(topic), reason: sanitizeText(reason), at: Date.now() });
  const client = new BrokerClient(
    {
      settings: options.broker,
      called: OPTION_NAMES,
      clientId: new FreshClientId('ifcast-view'),
      will: null,
    },
    {
      onConnecting: (attempt) => push({ type: 'connecting', ...attempt, at: Date.now() }),
      onConnect: ({ broker }) => {
        push({ type: 'connected', broker, at: Date.now() });
        client.subscribe(
          Object.fromEntries(topics.map((topic) => [topic, topic.endsWith('/stats') ? 0 : 1])),
          (refusal) => {
            if (refusal !== null) client.abandon('it does not let this user subscribe to the topics');
          },
        );
      },
      onMessage: ({ topic, payload, retained }: IncomingMessage) => {
        const message = intake(options.topic, topic, payload, retained);
        if (message !== null) push({ ...message, at: Date.now() });
      },
      onSkipped: ({ topic, packetBytes }) => rejected(topic, `a packet of ${packetBytes} bytes is not read`),
      onDisconnect: ({ broker, attempt, why, retryInMs }) => {
        const at = Date.now();
        const reason = sanitizeText(why);
        push({ type: 'disconnected', broker, attempt, reason, retryAt: at + retryInMs, at });
      },
    },
    timing,
  );
  return {
    start: async () => client.start(),
    stop: () => void client.stop(null),
    retryNow: () => client.retryNow(),
    now: Date.now,
    replay: null,
  };
}
