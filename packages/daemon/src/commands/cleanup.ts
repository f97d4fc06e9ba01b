import { type Connection, readRetained } from '@ifcast/broker';
import { decodePayload, ProtocolError, parseInfo, topicLevel, topicOf } from '@ifcast/protocol';
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
 * @throws BrokerError when no broker can be reached; DaemonError `unavailable` when the daemon is online or a topic stays, `usage` for the embedded
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
    const isOfHost = (topic: string, payload: string) => isOurs(root, topic, payload);
    const found = ours(retained, isOfHost);
    // An access list may hide what it lets one write: what `info` tells of is emptied unseen.
    const unseen = toldTopics(mqtt.topic, retained.get(`${root}/info`)).filter(
      (topic) => !retained.has(topic),
    );
    const refused = await removeAll(connection, [...found, ...unseen]);
    // MQTT 3.1.1 has no word for a refusal.
    const left = found.length === 0 ? [] : ours(await readAgain(mqtt, mqtt.urls, filters), isOfHost);
    const removed = found.filter((topic) => !left.includes(topic));
    for (const topic of removed) output.out(`removed ${printable(topic)}`);
    output.out(`${countOf(removed)} of host "${printable(host)}" removed from ${broker}`);
    if (unseen.length > 0) {
      const words = 'emptied unseen: gone already, or hidden by the access list of the broker';
      output.out(`${countOf(unseen)} more ${words}`);
    }
    if (left.length > 0) {
      const why = [...refused.values()][0] ?? 'the broker keeps them, which its access list may want';
      const which = left.map(printable).join(', ');
      const remedy = 'allow this user to write there, or come as another with --broker mqtt://USER@HOST';
      throw new DaemonError('unavailable', `not removed: ${which} (${why}): ${remedy}`);
    }
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

/** The host's topics of those that are retained; those of Home Assistant first, as long as their states are there. */
function ours(
  retained: ReadonlyMap<string, string>,
  isOfHost: (topic: string, payload: string) => boolean,
): string[] {
  const topics = [...retained]
    .filter(([topic, payload]) => isOfHost(topic, payload))
    .map(([topic]) => topic)
    .sort();
  const isDiscovery = (topic: string) => topic.endsWith('/config');
  return [...topics.filter(isDiscovery), ...topics.filter((topic) => !isDiscovery(topic))];
}

/** The slow topics that `info` tells of. */
function toldTopics(base: string, payload: string | undefined): string[] {
  if (payload === undefined) return [];
  try {
    const { host, interfaces, filters } = parseInfo(decodePayload(Buffer.from(payload)));
    const states = interfaces.flatMap(({ name: iface }) =>
      filters.map(({ id }) => topicOf(base, { kind: 'filter', host, iface, filter: id })),
    );
    return [topicOf(base, { kind: 'health', host }), ...states];
  } catch (error) {
    if (error instanceof ProtocolError) return [];
    throw error;
  }
}

async function readAgain(
  mqtt: Config['mqtt'],
  urls: readonly string[],
  filters: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { connection, retained } = await readRetained(visitOf(mqtt, urls), filters);
  await connection.close(1000);
  return retained;
}

function countOf({ length }: readonly string[]): string {
  return `${length} retained topic${length === 1 ? '' : 's'}`;
}

/**
 * Resolves when the broker has answered for all of them.
 *
 * @returns what it has refused, and why
 */
async function removeAll(connection: Connection, topics: readonly string[]): Promise<Map<string, string>> {
  const refused = new Map<string, string>();
  const answers = topics.map(
    (topic) =>
      new Promise<void>((resolve) => {
        connection.publish({ topic, payload: '', qos: 1, retain: true, json: false }, (refusal) => {
          if (refusal !== null) refused.set(topic, refusal.message);
          resolve();
        });
      }),
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const words = 'the broker did not acknowledge all removals: run the same command again';
    timer = setTimeout(() => reject(new DaemonError('unavailable', words)), REMOVE_MS);
  });
  await Promise.race([Promise.all(answers), late]).finally(() => clearTimeout(timer));
  return refused;
}
