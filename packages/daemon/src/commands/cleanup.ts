import { type Connection, readRetained } from '@ifcast/broker';
import { topicLevel } from '@ifcast/protocol';
import { DaemonError } from '../base/daemon-error.ts';
import { printable } from '../base/log.ts';
import type { Config } from '../config/config.ts';
import { discoveryFilters } from '../outputs/home-assistant/discovery.ts';
import type { CommandOutput } from './count.ts';
import { visitOf } from './visit-of.ts';

/** The longest wait for the broker to acknowledge the removals, in milliseconds. */
const REMOVE_MS = 10_000;

export interface CleanupOptions {
  readonly config: Pick<Config, 'host' | 'mqtt' | 'homeAssistant'>;
  /** Even if the daemon's status is `online`: it is known to be gone for good. */
  readonly force: boolean;
}

/**
 * `ifcastd cleanup`: removes every retained topic of a host's daemon from the broker: status, info, states, Home
 * Assistant discovery of either form.
 *
 * @throws BrokerError when no broker can be reached; DaemonError `unavailable` when the daemon is online, `usage` for the embedded
 *   broker
 */
export async function runCleanup({ config, force }: CleanupOptions, output: CommandOutput): Promise<void> {
  const { host, mqtt, homeAssistant } = config;
  if (mqtt.urls === 'embedded') {
    throw new DaemonError(
      'usage',
      'the embedded broker keeps nothing: name the broker to clean up with --broker',
    );
  }
  const root = `${mqtt.topic}/${topicLevel(host)}`;
  const own = [`${root}/status`, `${root}/info`, `${root}/health`, `${root}/#`];
  const filters = [...own, ...discoveryFilters(homeAssistant.discoveryPrefix, '+')];
  const { connection, broker, retained } = await readRetained(visitOf(mqtt, mqtt.urls), filters);
  try {
    if (retained.get(`${root}/status`) === 'online' && !force) {
      throw new DaemonError(
        'unavailable',
        `the daemon of host "${printable(host)}" is online: stop it first, or use --force if it is gone for good`,
      );
    }
    const topics = [...retained]
      .filter(([topic, payload]) => isOurs(root, topic, payload))
      .map(([topic]) => topic);
    if (topics.length > 0) await removeAll(connection, topics);
    for (const topic of topics.sort()) output.out(`removed ${printable(topic)}`);
    const count = `${topics.length} retained topic${topics.length === 1 ? '' : 's'}`;
    output.out(`${count} of host "${printable(host)}" removed from ${broker}`);
  } finally {
    await connection.close(1000);
  }
}

/** Whether a retained message lies below the host's topics, or tells Home Assistant of what does. */
function isOurs(root: string, topic: string, payload: string): boolean {
  if (topic.startsWith(`${root}/`)) return true;
  try {
    const { avty, stat_t } = Object(JSON.parse(payload));
    const topics: unknown[] = [stat_t, ...(Array.isArray(avty) ? avty.map((entry) => entry?.t) : [])];
    return topics.some((each) => typeof each === 'string' && each.startsWith(`${root}/`));
  } catch {
    return false;
  }
}

/** Resolves when the broker has acknowledged all of them. */
async function removeAll(connection: Connection, topics: readonly string[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let left = topics.length;
    const finish = (error?: DaemonError) => {
      clearTimeout(timer);
      if (error === undefined) resolve();
      else reject(error);
    };
    const late = 'the broker did not acknowledge all removals: run the same command again';
    const timer = setTimeout(() => finish(new DaemonError('unavailable', late)), REMOVE_MS);
    for (const topic of topics) {
      connection.publish({ topic, payload: '', qos: 1, retain: true, json: false }, (refusal) => {
        left--;
        const words = `the broker refuses to clear ${printable(topic)}: ${refusal?.message}`;
        if (refusal !== null) finish(new DaemonError('unavailable', words));
        else if (left === 0) finish();
      });
    }
  });
}
