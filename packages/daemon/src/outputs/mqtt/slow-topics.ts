import type { OutgoingMessage } from '@ifcast/broker';
import { encodeMessage, type FilterState, type Info, topicOf } from '@ifcast/protocol';
import type { InterfaceSnapshot } from '../../report/counts.ts';
import { scalarsOf } from './scalars.ts';
import { StateWindow } from './state-window.ts';

/** What is retained on the broker outlives this many intervals without news. */
const EXPIRY_INTERVALS = 3;

/** What the topics are made of. */
export interface SlowTopicsOptions {
  /** `mqtt.topic` */
  readonly base: string;
  readonly host: string;
  /** Every number gets a topic of its own too. */
  readonly scalars: boolean;
}

/** The `filter` topics: gathers snapshots, connected or not, and keeps the newest message of each topic. */
export class SlowTopics {
  readonly #options: SlowTopicsOptions;
  readonly #windows = new Map<string, StateWindow>();
  /** By interface. */
  readonly #newest = new Map<string, readonly OutgoingMessage[]>();

  constructor(options: SlowTopicsOptions) {
    this.#options = options;
  }

  /** The newest message of every topic. */
  get messages(): OutgoingMessage[] {
    return [...this.#newest.values()].flat();
  }

  /**
   * Takes a snapshot.
   *
   * @param intervalS - `state_interval_s`
   * @returns the messages of its interface when there are new ones, otherwise none
   */
  gather(snapshot: InterfaceSnapshot, intervalS: number): readonly OutgoingMessage[] {
    const { iface } = snapshot;
    let window = this.#windows.get(iface);
    if (window === undefined) {
      window = new StateWindow(intervalS * 1000);
      this.#windows.set(iface, window);
    }
    const states = window.add(snapshot);
    if (states === null) return [];
    const messages = states.flatMap((state) => this.#messagesOf(iface, state, intervalS));
    this.#newest.set(iface, messages);
    return messages;
  }

  /**
   * Drops what belongs to interfaces and filters that went.
   *
   * @returns the topics that went
   */
  forget(previous: Info, info: Info): string[] {
    const filters = new Set(info.filters.map(({ id }) => id));
    const interfaces = new Set(info.interfaces.map(({ name }) => name));
    const sameInterval = previous.state_interval_s === info.state_interval_s;
    const topics: string[] = [];
    for (const { name } of previous.interfaces) {
      const stays = interfaces.has(name);
      if (!stays || !sameInterval) this.#windows.delete(name);
      const roots = previous.filters
        .filter(({ id }) => !stays || !filters.has(id))
        .map(({ id }) => this.#filterTopic(name, id));
      const isGone = ({ topic }: OutgoingMessage) =>
        roots.some((root) => topic === root || topic.startsWith(`${root}/`));
      const messages = this.#newest.get(name) ?? [];
      topics.push(...messages.filter(isGone).map(({ topic }) => topic));
      if (stays)
        this.#newest.set(
          name,
          messages.filter((message) => !isGone(message)),
        );
      else this.#newest.delete(name);
    }
    return topics;
  }

  #messagesOf(iface: string, state: FilterState, intervalS: number): OutgoingMessage[] {
    const { base, host, scalars } = this.#options;
    const topic = this.#filterTopic(iface, state.id);
    const whole = slowMessage(topic, encodeMessage(state), intervalS, true);
    if (!scalars) return [whole];
    const numbers = scalarsOf(state).map(([field, value]) => {
      const address = { kind: 'scalar', host, iface, filter: state.id, field } as const;
      return slowMessage(topicOf(base, address), String(value), intervalS, false);
    });
    return [whole, ...numbers];
  }

  #filterTopic(iface: string, filter: string): string {
    const { base, host } = this.#options;
    return topicOf(base, { kind: 'filter', host, iface, filter });
  }
}

/** A message for slow subscribers, to be retained while it is news. */
export function slowMessage(
  topic: string,
  payload: string,
  intervalS: number,
  json: boolean,
): OutgoingMessage {
  return { topic, payload, qos: 0, retain: true, json, expiryS: Math.ceil(EXPIRY_INTERVALS * intervalS) };
}
