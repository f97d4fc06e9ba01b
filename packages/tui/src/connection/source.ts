import type { Options } from '../command-line/options.ts';
import type { EventSource } from '../store/event-source.ts';
import type { DashboardEvent } from '../store/events.ts';
import { intake, subscriptions } from './intake.ts';
import { Session } from './session.ts';

/** The events of a broker. */
export function brokerSource(options: Options, push: (event: DashboardEvent) => void): EventSource {
  const topics = subscriptions(options.topic, options.onlyHost, options.onlyInterface);
  const session = new Session(
    { ...options, topics },
    {
      connection: (event) => push({ ...event, at: Date.now() }),
      message: (topic, payload, retained) => {
        const message = intake(options.topic, topic, payload, retained);
        if (message !== null) push({ ...message, at: Date.now() });
      },
    },
  );
  return {
    start: async () => session.start(),
    stop: () => session.stop(),
    retryNow: () => session.retryNow(),
    now: Date.now,
    replay: null,
  };
}
