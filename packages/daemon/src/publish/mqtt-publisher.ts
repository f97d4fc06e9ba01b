import { randomUUID } from 'node:crypto';

import {
  decodePayload,
  encodeMessage,
  type FilterState,
  type Info,
  parseInfo,
  type TopicAddress,
  topicOf,
} from '@ifcast/protocol';

import type { HomeAssistantConfig, MqttConfig } from '../config/config.ts';
import type { Log } from '../log.ts';
import { DEFAULT_HOME_ASSISTANT_TIMING, HomeAssistant, type HomeAssistantTiming } from './home-assistant.ts';
import { healthMessage, statsMessage } from './messages.ts';
import { DEFAULT_TIMING, MqttConnection, type MqttConnectionTiming } from './mqtt-connection.ts';
import type { IncomingMessage, OutgoingMessage } from './mqtt-session.ts';
import { type DaemonVitals, HEALTH_INTERVAL_S, type InterfaceSnapshot, type Publisher } from './publisher.ts';
import { Rivalry } from './rival.ts';
import { scalarsOf } from './scalars.ts';
import { StateWindow } from './state-window.ts';

/** What is retained on the broker outlives this many intervals without news. */
const EXPIRY_INTERVALS = 3;

/** What the publisher needs of the configuration. */
export interface MqttPublisherOptions {
  /** The brokers in order; `mqtt.urls` with `embedded` replaced by where the embedded broker listens. */
  readonly urls: readonly string[];
  readonly host: string;
  readonly mqtt: MqttConfig;
  readonly homeAssistant: HomeAssistantConfig;
}

/** Clocks and waits; tests give their own. */
export interface MqttPublisherTiming {
  readonly connection: MqttConnectionTiming;
  readonly homeAssistant: HomeAssistantTiming;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

export const DEFAULT_PUBLISHER_TIMING: MqttPublisherTiming = {
  connection: DEFAULT_TIMING,
  homeAssistant: DEFAULT_HOME_ASSISTANT_TIMING,
  now: () => performance.now(),
};

/** Publishes to MQTT: `status`, `info`, `stats`, `filter` and `health`, as the protocol says. */
export class MqttPublisher implements Publisher {
  readonly #options: MqttPublisherOptions;
  readonly #log: Log;
  readonly #connection: MqttConnection;
  readonly #homeAssistant: HomeAssistant;
  readonly #rivalry: Rivalry;
  readonly #windows = new Map<string, StateWindow>();
  /** The snapshot of the last `stats` that was sent. */
  readonly #sent = new Map<string, InterfaceSnapshot>();
  readonly #seqs = new Map<string, number>();
  /** The newest slow messages by interface and topic, for the next connect. */
  readonly #states = new Map<string, Map<string, OutgoingMessage>>();
  #info: Info | null = null;
  #health: OutgoingMessage | null = null;
  /** A broker has acknowledged our `info`: from then on another one in its place is somebody else's. */
  #announced = false;
  #skipped = 0;

  /** @throws DaemonError `config` for a broker URL that cannot be used */
  constructor(
    options: MqttPublisherOptions,
    log: Log,
    timing: MqttPublisherTiming = DEFAULT_PUBLISHER_TIMING,
  ) {
    this.#options = options;
    this.#log = log;
    this.#rivalry = new Rivalry(timing.now);
    const handlers = {
      onConnect: () => this.#connected(),
      onMessage: (message: IncomingMessage) => this.#received(message),
    };
    const connectionOptions = {
      urls: options.urls,
      mqtt: options.mqtt,
      statusTopic: this.#topic({ kind: 'status', host: options.host }),
      idSuffix: randomUUID().slice(0, 8),
    };
    this.#connection = new MqttConnection(connectionOptions, handlers, log, timing.connection);
    this.#homeAssistant = new HomeAssistant(
      { config: options.homeAssistant, base: options.mqtt.topic, host: options.host },
      this.#connection,
      () => this.#announceStates(),
      timing.homeAssistant,
    );
  }

  /** Begins to connect; does not wait for it. */
  start(): Promise<void> {
    this.#connection.start();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#homeAssistant.stop();
    return this.#connection.stop();
  }

  describe(info: Info): void {
    const previous = this.#info;
    this.#info = info;
    if (previous !== null) this.#forget(previous, info);
    if (this.#silent) return;
    this.#publishInfo(info);
    this.#homeAssistant.describe(info);
  }

  publish(snapshots: readonly InterfaceSnapshot[]): void {
    const info = this.#info;
    if (info === null) return;
    const fresh = snapshots.map((snapshot) => this.#gather(snapshot, info));
    if (this.#rivalry.isRivalSilent()) this.#takeOver();
    if (this.#silent) return;
    if (this.#connection.congested) {
      this.#skipped++;
      return;
    }
    snapshots.forEach((snapshot, i) => {
      this.#publishStats(snapshot);
      for (const message of fresh[i]!) this.#connection.publish(message);
    });
  }

  health(vitals: DaemonVitals): void {
    const { host } = this.#options;
    const connection = {
      reconnects: this.#connection.reconnects,
      skipped: this.#skipped,
      problem: this.#rivalry.problem(host),
    };
    const payload = encodeMessage(healthMessage(vitals, connection, new Date()));
    const topic = this.#topic({ kind: 'health', host });
    this.#health = this.#slow(topic, payload, HEALTH_INTERVAL_S, true);
    if (!this.#silent) this.#connection.publish(this.#health);
  }

  /** Nothing is to be said: nobody would hear it, or another daemon goes on instead. */
  get #silent(): boolean {
    return !this.#connection.connected || this.#rivalry.yielding;
  }

  #connected(): void {
    this.#connection.subscribe(this.#topic({ kind: 'info', host: this.#options.host }));
    if (this.#rivalry.yielding) this.#connection.subscribe(this.#rivalStats);
    else this.#announce();
  }

  /** Everything that a broker keeps: it may have forgotten all of it. */
  #announce(): void {
    if (this.#info !== null) {
      this.#publishInfo(this.#info);
      this.#homeAssistant.describe(this.#info);
    }
    this.#homeAssistant.connected();
    // Home Assistant wants its discovery first.
    if (!this.#options.homeAssistant.enabled) this.#announceStates();
  }

  #announceStates(): void {
    if (this.#silent) return;
    const states = [...this.#states.values()].flatMap((messages) => [...messages.values()]);
    if (this.#health !== null) states.push(this.#health);
    for (const message of states) this.#connection.publish(this.#retainedOrNot(message));
  }

  #publishInfo(info: Info): void {
    const topic = this.#topic({ kind: 'info', host: info.host });
    this.#connection.publish(
      { topic, payload: encodeMessage(info), qos: 1, retain: true, json: true },
      () => {
        this.#announced = true;
      },
    );
  }

  #publishStats(snapshot: InterfaceSnapshot): void {
    const { iface } = snapshot;
    const seq = (this.#seqs.get(iface) ?? 0) + 1;
    const payload = encodeMessage(statsMessage(snapshot, this.#sent.get(iface), seq));
    const topic = this.#topic({ kind: 'stats', host: this.#options.host, iface });
    this.#connection.publish({ topic, payload, qos: 0, retain: false, json: true });
    this.#seqs.set(iface, seq);
    this.#sent.set(iface, snapshot);
  }

  /** Takes a snapshot into the slow states, connected or not; returns the messages when there are new ones. */
  #gather(snapshot: InterfaceSnapshot, info: Info): OutgoingMessage[] {
    const { iface } = snapshot;
    let window = this.#windows.get(iface);
    if (window === undefined) {
      window = new StateWindow(info.state_interval_s * 1000);
      this.#windows.set(iface, window);
    }
    const states = window.add(snapshot);
    if (states === null) return [];
    const messages = states.flatMap((state) => this.#stateMessages(iface, state, info.state_interval_s));
    this.#states.set(iface, new Map(messages.map((message) => [message.topic, message])));
    return messages;
  }

  #stateMessages(iface: string, state: FilterState, intervalS: number): OutgoingMessage[] {
    const { host, mqtt } = this.#options;
    const topic = this.#topic({ kind: 'filter', host, iface, filter: state.id });
    const messages = [this.#slow(topic, encodeMessage(state), intervalS, true)];
    if (!mqtt.scalars) return messages;
    for (const [field, value] of scalarsOf(state)) {
      const scalarTopic = this.#topic({ kind: 'scalar', host, iface, filter: state.id, field });
      messages.push(this.#slow(scalarTopic, String(value), intervalS, false));
    }
    return messages;
  }

  /** A message for slow subscribers. */
  #slow(topic: string, payload: string, intervalS: number, json: boolean): OutgoingMessage {
    const message = {
      topic,
      payload,
      qos: 0,
      retain: true,
      json,
      expiryS: EXPIRY_INTERVALS * intervalS,
    } as const;
    return this.#retainedOrNot(message);
  }

  /** Kept by the broker only where it also forgets by itself: a value that never ages is worse than none. */
  #retainedOrNot(message: OutgoingMessage): OutgoingMessage {
    return { ...message, retain: this.#options.mqtt.retain && this.#connection.version === 5 };
  }

  /** Drops what belongs to interfaces and filters that went, here and on the broker. */
  #forget(previous: Info, info: Info): void {
    const interval = previous.state_interval_s !== info.state_interval_s;
    const filters = new Set(info.filters.map(({ id }) => id));
    const interfaces = new Set(info.interfaces.map(({ name }) => name));
    for (const { name } of previous.interfaces) {
      const gone = !interfaces.has(name);
      if (gone || interval) this.#windows.delete(name);
      if (gone) this.#sent.delete(name);
      const messages = this.#states.get(name);
      for (const { id } of previous.filters) {
        if (!gone && filters.has(id)) continue;
        const topic = this.#topic({ kind: 'filter', host: this.#options.host, iface: name, filter: id });
        for (const [stale] of messages ?? []) {
          if (stale !== topic && !stale.startsWith(`${topic}/`)) continue;
          messages?.delete(stale);
          this.#erase(stale);
        }
      }
      if (gone) this.#states.delete(name);
    }
  }

  /** Makes the broker forget what it keeps on a topic. */
  #erase(topic: string): void {
    if (this.#silent || this.#connection.version !== 5) return;
    this.#connection.publish({ topic, payload: '', qos: 0, retain: true, json: false });
  }

  #received(message: IncomingMessage): void {
    const { topic, payload, retained } = message;
    const { host } = this.#options;
    if (topic === this.#topic({ kind: 'info', host })) this.#receivedInfo(payload, retained);
    else if (topic === this.#topic({ kind: 'status', host })) this.#receivedStatus(payload);
    else if (!this.#rivalry.yielding) this.#homeAssistant.received(message);
    else if (topic.endsWith('/stats')) this.#rivalry.heard();
  }

  #receivedInfo(payload: Uint8Array, retained: boolean): void {
    const own = this.#info;
    const other = parsedInfo(payload);
    if (own === null || other === null || other.boot_id === own.boot_id) return;
    // What an earlier run of this daemon left is no rival.
    if (retained && !this.#announced) {
      this.#homeAssistant.knowEarlier(other);
      return;
    }
    const wasYielding = this.#rivalry.yielding;
    if (this.#rivalry.met(own, other)) this.#log.error(this.#rivalry.problem(this.#options.host) ?? '');
    if (!this.#rivalry.yielding) {
      this.#publishInfo(own);
    } else if (!wasYielding) {
      this.#homeAssistant.stop();
      this.#connection.subscribe(this.#rivalStats);
    }
  }

  #receivedStatus(payload: Uint8Array): void {
    if (this.#rivalry.yielding && Buffer.from(payload).toString() === 'offline') this.#takeOver();
  }

  /** The daemon that published instead of this one is gone. */
  #takeOver(): void {
    this.#rivalry.gone();
    this.#log.info(`the other ifcastd of host "${this.#options.host}" is gone: publishing again`);
    this.#connection.unsubscribe(this.#rivalStats);
    if (!this.#silent) this.#announce();
  }

  get #rivalStats(): string {
    return this.#topic({ kind: 'info', host: this.#options.host }).replace(/info$/, '+/stats');
  }

  #topic(address: TopicAddress): string {
    return topicOf(this.#options.mqtt.topic, address);
  }
}

function parsedInfo(payload: Uint8Array): Info | null {
  try {
    return parseInfo(decodePayload(payload));
  } catch {
    return null;
  }
}
