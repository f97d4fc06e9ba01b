import type { IncomingMessage } from '@ifcast/broker';
import type { Info } from '@ifcast/protocol';

import type { HomeAssistantConfig } from '../../config/home-assistant-settings.ts';
import {
  type Discovery,
  type DiscoverySet,
  type DiscoveryStep,
  discoveryFilters,
  discoverySet,
  transition,
} from './discovery.ts';
import { deviceDocuments } from './documents.ts';
import { FoundDiscovery } from './found-discovery.ts';
import { deviceId } from './ids.ts';
import type { MqttChannel } from './mqtt-channel.ts';

/** Times in milliseconds. */
export interface HomeAssistantTiming {
  /** Retained discovery of earlier runs is taken for complete when nothing has come for so long … */
  readonly settleMs: number;
  /** … and at the latest after this time. */
  readonly readMs: number;
  /** Home Assistant is given so long to take in one phase of a change before the next. */
  readonly phaseMs: number;
  /** The longest wait after a birth, so that not all devices of a house answer at once. */
  readonly birthJitterMs: number;
  /** 0 ≤ x < 1, as `Math.random`. */
  readonly random: () => number;
}

export const DEFAULT_HOME_ASSISTANT_TIMING: HomeAssistantTiming = {
  settleMs: 300,
  readMs: 1500,
  phaseMs: 1000,
  birthJitterMs: 5000,
  random: Math.random,
};

/** What discovery needs to know. */
export interface HomeAssistantOptions {
  readonly config: HomeAssistantConfig;
  /** `mqtt.topic` */
  readonly base: string;
  readonly host: string;
  /** What tells this daemon from others whatever its host is called, by its first interface; `null` where nothing does. */
  readonly installationOf: (iface: string) => string | null;
}

/** The device documents of any program below any prefix of one level: this daemon's may lie below another one. */
const ANY_DEVICE = '+/device/+/config';
/** And an entity that each of its devices has, where entities are told one by one. */
const ANY_PROBLEM = '+/binary_sensor/+/problem/config';

/**
 * Tells Home Assistant what there is. At every connect it reads first what the broker has retained, so that nothing of
 * an earlier configuration stays behind; switched off, it only removes.
 */
export class HomeAssistant {
  readonly #options: HomeAssistantOptions;
  readonly #channel: MqttChannel;
  readonly #announceStates: () => void;
  readonly #timing: HomeAssistantTiming;
  #wanted: DiscoverySet = new Map();
  /** Device ids of this run and of the one before. */
  readonly #ids = new Set<string>();
  /** What was published in this connection; `null` until what is retained has been read, and while a change is under way. */
  #published: DiscoverySet | null = null;
  /** What is read of the broker, as far as it has come. */
  #found: FoundDiscovery | null = null;
  /** More to read, once what lies there is known; each is asked for once. */
  readonly #asked = new Set<string>();
  #installation: string | null = null;
  #readTimer: NodeJS.Timeout | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #phaseTimer: NodeJS.Timeout | undefined;
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
  }

  /** Publishes what has changed. */
  describe(info: Info): void {
    const { config, base } = this.#options;
    this.#know(info);
    const [first] = info.interfaces;
    // It stays what it was: an interface that has gone has no hardware to ask.
    if (first !== undefined) this.#installation ??= this.#options.installationOf(first.name);
    if (config.enabled) {
      this.#wanted = discoverySet(deviceDocuments(info, base, config, this.#installation), config);
    }
    this.#update();
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
    const { config, base, host } = this.#options;
    this.stop();
    this.#published = null;
    this.#found = new FoundDiscovery({ base, host, installation: this.#installation });
    this.#asked.clear();
    if (config.enabled) {
      this.#channel.subscribe(`${config.discoveryPrefix}/status`);
      this.#channel.subscribe(`${config.discoveryPrefix}/device/+/config`);
      this.#ask([ANY_DEVICE, ANY_PROBLEM]);
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
    if (this.#found === null) return;
    if (topic.endsWith('/config')) this.#found.take(topic, payload);
    else if (this.#asked.has(topic)) this.#found.takeStatus(topic, payload);
    else return;
    this.#settle();
  }

  /** Ends what is under way; {@link connected} begins again. */
  stop(): void {
    const timers = [this.#readTimer, this.#deadlineTimer, this.#phaseTimer, this.#birthTimer];
    for (const timer of timers) clearTimeout(timer);
    this.#birthTimer = undefined;
  }

  #update(): void {
    const published = this.#published;
    if (published === null || !this.#channel.connected) return;
    const changed = new Map(
      [...this.#wanted].filter(([topic, discovery]) => !same(discovery, published.get(topic))),
    );
    const gone = [...published].filter(([topic]) => !this.#wanted.has(topic) || changed.has(topic));
    this.#send(new Map(gone), changed);
  }

  #know(info: Info): void {
    this.#ids.add(deviceId(info.host));
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

  /** Subscribes to what may hold more of this daemon's; a broker may refuse, and nobody has to hear of it. */
  #ask(filters: readonly string[]): boolean {
    const fresh = filters.filter((filter) => !this.#asked.has(filter));
    for (const filter of fresh) {
      this.#asked.add(filter);
      this.#channel.subscribe(filter, true);
    }
    return fresh.length > 0;
  }

  #settle(): void {
    clearTimeout(this.#readTimer);
    this.#readTimer = setTimeout(() => this.#lookFurther(), this.#timing.settleMs);
  }

  /** What has been found may lead on: to a host of another name, to a device's other entities. */
  #lookFurther(): void {
    const { enabled } = this.#options.config;
    const leads = [
      ...(this.#found?.formerStatusTopics ?? []),
      ...(this.#found?.entityFilters(this.#ids) ?? []),
    ];
    if (enabled && this.#channel.connected && this.#ask(leads)) this.#settle();
    else this.#finishReading();
  }

  #finishReading(): void {
    clearTimeout(this.#readTimer);
    clearTimeout(this.#deadlineTimer);
    const found = this.#found?.ours(this.#ids) ?? new Map<string, Discovery>();
    this.#found = null;
    if (!this.#channel.connected) return;
    const { enabled, discoveryPrefix } = this.#options.config;
    if (enabled) this.#channel.unsubscribe(`${discoveryPrefix}/device/+/config`);
    for (const filter of [...this.#asked, ...this.#filters(this.#ids)]) this.#channel.unsubscribe(filter);
    this.#send(found, this.#wanted, () => {
      if (enabled) this.#announceStates();
    });
  }

  #send(from: DiscoverySet, to: DiscoverySet, done: () => void = () => {}): void {
    const wanted = this.#wanted;
    this.#published = null;
    const takeOn = ([phase = [], ...rest]: readonly DiscoveryStep[][]): void => {
      for (const [topic, discovery] of phase) {
        const payload = discovery === null ? '' : JSON.stringify(discovery);
        this.#channel.publish({ topic, payload, qos: 1, retain: true, json: discovery !== null });
      }
      if (rest.length > 0) {
        this.#phaseTimer = setTimeout(() => takeOn(rest), this.#timing.phaseMs);
        return;
      }
      this.#published = wanted;
      done();
      // It may have been described otherwise meanwhile.
      if (this.#wanted !== wanted) this.#update();
    };
    takeOn(transition(from, to));
  }

  #birth(): void {
    const { birthJitterMs, random } = this.#timing;
    this.#birthTimer ??= setTimeout(() => {
      this.#birthTimer = undefined;
      if (!this.#channel.connected || this.#published === null) return;
      this.#send(this.#published, this.#wanted, this.#announceStates);
    }, birthJitterMs * random());
  }
}

function same(a: Discovery | undefined, b: Discovery | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
