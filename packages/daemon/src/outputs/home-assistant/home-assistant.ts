import type { IncomingMessage } from '@ifcast/broker';
import { type Info, topicOf } from '@ifcast/protocol';

import type { HomeAssistantConfig } from '../../config/home-assistant-settings.ts';
import type { MqttChannel } from '../mqtt/mqtt-channel.ts';
import {
  type Discovery,
  type DiscoverySet,
  deviceIdOf,
  discoveryFilters,
  discoverySet,
  transition,
} from './discovery.ts';
import { deviceDocuments, deviceId } from './documents.ts';

/** Times in milliseconds. */
export interface HomeAssistantTiming {
  /** Retained discovery of earlier runs is taken for complete when nothing has come for so long … */
  readonly settleMs: number;
  /** … and at the latest after this time. */
  readonly readMs: number;
  /** The longest wait after a birth, so that not all devices of a house answer at once. */
  readonly birthJitterMs: number;
  /** 0 ≤ x < 1, as `Math.random`. */
  readonly random: () => number;
}

export const DEFAULT_HOME_ASSISTANT_TIMING: HomeAssistantTiming = {
  settleMs: 300,
  readMs: 1500,
  birthJitterMs: 5000,
  random: Math.random,
};

/** What discovery needs to know. */
export interface HomeAssistantOptions {
  readonly config: HomeAssistantConfig;
  /** `mqtt.topic` */
  readonly base: string;
  readonly host: string;
}

/**
 * Tells Home Assistant what there is. At every connect it reads first what the broker has retained, so that nothing of
 * an earlier configuration stays behind; switched off, it only removes.
 */
export class HomeAssistant {
  readonly #options: HomeAssistantOptions;
  readonly #channel: MqttChannel;
  readonly #announceStates: () => void;
  readonly #timing: HomeAssistantTiming;
  readonly #statusTopic: string;
  #wanted: DiscoverySet = new Map();
  /** Device ids of this run and of the one before. */
  readonly #ids = new Set<string>();
  /** What was published in this session; `null` until what is retained has been read. */
  #published: DiscoverySet | null = null;
  readonly #found = new Map<string, Discovery>();
  #readTimer: NodeJS.Timeout | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #birthTimer: NodeJS.Timeout | undefined;

  /** @param announceStates - publishes all states: new entities wait for one */
  constructor(
    options: HomeAssistantOptions,
    channel: MqttChannel,
    announceStates: () => void,
    timing: HomeAssistantTiming = DEFAULT_HOME_ASSISTANT_TIMING,
  ) {
    this.#options = options;
    this.#channel = channel;
    this.#announceStates = announceStates;
    this.#timing = timing;
    this.#statusTopic = topicOf(options.base, { kind: 'status', host: options.host });
  }

  /** Publishes what has changed. */
  describe(info: Info): void {
    const { config, base } = this.#options;
    this.#know(info);
    if (config.enabled) this.#wanted = discoverySet(deviceDocuments(info, base, config), config);
    if (this.#published === null || !this.#channel.connected) return;
    const changed = new Map(
      [...this.#wanted].filter(([topic, discovery]) => !same(discovery, this.#published?.get(topic))),
    );
    const gone = [...this.#published].filter(([topic]) => !this.#wanted.has(topic) || changed.has(topic));
    this.#send(new Map(gone), changed);
  }

  /** What an earlier run of the daemon said: its devices may be gone. */
  knowEarlier(info: Info): void {
    const known = new Set(this.#ids);
    this.#know(info);
    if (this.#published !== null) return;
    this.#subscribe([...this.#ids].filter((id) => !known.has(id)));
  }

  /** Reads what is retained, then publishes everything. */
  connected(): void {
    const { enabled, discoveryPrefix } = this.#options.config;
    this.stop();
    this.#published = null;
    this.#found.clear();
    if (enabled) {
      this.#channel.subscribe(`${discoveryPrefix}/status`);
      this.#channel.subscribe(`${discoveryPrefix}/device/+/config`);
    }
    this.#subscribe([...this.#ids]);
    this.#deadlineTimer = setTimeout(() => this.#finishReading(), this.#timing.readMs);
    this.#settle();
  }

  received({ topic, payload }: IncomingMessage): void {
    const { enabled, discoveryPrefix: prefix } = this.#options.config;
    if (enabled && topic === `${prefix}/status`) {
      if (Buffer.from(payload).toString() === 'online') this.#birth();
      return;
    }
    const id = deviceIdOf(prefix, topic);
    if (id === null || this.#published !== null) return;
    this.#settle();
    const discovery = parsed(payload);
    if (discovery !== null && this.#isOurs(id, discovery)) this.#found.set(topic, discovery);
  }

  /** Ends what is under way; {@link connected} begins again. */
  stop(): void {
    for (const timer of [this.#readTimer, this.#deadlineTimer, this.#birthTimer]) clearTimeout(timer);
    this.#birthTimer = undefined;
  }

  #know(info: Info): void {
    for (const { name } of info.interfaces) this.#ids.add(deviceId(info.host, name));
  }

  #filters(ids: Iterable<string>): string[] {
    return [...ids].flatMap((id) => discoveryFilters(this.#options.config.discoveryPrefix, id));
  }

  #subscribe(ids: readonly string[]): void {
    // Without Home Assistant a broker may refuse what it knows nothing of, and nobody has to hear of it.
    const quiet = !this.#options.config.enabled;
    for (const filter of this.#filters(ids)) this.#channel.subscribe(filter, quiet);
  }

  #settle(): void {
    clearTimeout(this.#readTimer);
    this.#readTimer = setTimeout(() => this.#finishReading(), this.#timing.settleMs);
  }

  #finishReading(): void {
    clearTimeout(this.#readTimer);
    clearTimeout(this.#deadlineTimer);
    if (!this.#channel.connected) return;
    const { enabled, discoveryPrefix } = this.#options.config;
    if (enabled) this.#channel.unsubscribe(`${discoveryPrefix}/device/+/config`);
    for (const filter of this.#filters(this.#ids)) this.#channel.unsubscribe(filter);
    this.#send(this.#found, this.#wanted);
    if (enabled) this.#announceStates();
  }

  #send(from: DiscoverySet, to: DiscoverySet): void {
    for (const [topic, discovery] of transition(from, to)) {
      const payload = discovery === null ? '' : JSON.stringify(discovery);
      this.#channel.publish({ topic, payload, qos: 1, retain: true, json: discovery !== null });
    }
    this.#published = this.#wanted;
  }

  #birth(): void {
    const { birthJitterMs, random } = this.#timing;
    this.#birthTimer ??= setTimeout(() => {
      this.#birthTimer = undefined;
      if (!this.#channel.connected || this.#published === null) return;
      this.#send(this.#published, this.#wanted);
      this.#announceStates();
    }, birthJitterMs * random());
  }

  /** The id alone does not tell: `ifcast_a_b_c` is interface `c` of host `a_b` and interface `b_c` of host `a`. */
  #isOurs(id: string, { avty }: Discovery): boolean {
    return this.#ids.has(id) || (Array.isArray(avty) && avty[0]?.t === this.#statusTopic);
  }
}

function same(a: Discovery | undefined, b: Discovery | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function parsed(payload: Uint8Array): Discovery | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
