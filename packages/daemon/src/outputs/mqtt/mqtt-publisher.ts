import { randomUUID } from 'node:crypto';

import type { IncomingMessage, OutgoingMessage } from '@ifcast/broker';
import {
  decodePayload,
  encodeMessage,
  type Info,
  parseInfo,
  type TopicAddress,
  topicOf,
} from '@ifcast/protocol';
import type { Log } from '../../base/log.ts';
import type { HomeAssistantConfig } from '../../config/home-assistant-settings.ts';
import type { MqttConfig } from '../../config/mqtt-settings.ts';
import type { InterfaceSnapshot } from '../../report/counts.ts';
import type { Description, OutputNumber, OutputStatus } from '../../report/description.ts';
import type { DaemonEvent } from '../../report/event.ts';
import type { TriggerEvent } from '../../report/triggers.ts';
import { HEALTH_INTERVAL_S, type Vitals } from '../../report/vitals.ts';
import {
  DEFAULT_HOME_ASSISTANT_TIMING,
  HomeAssistant,
  type HomeAssistantOptions,
  type HomeAssistantTiming,
} from '../home-assistant/home-assistant.ts';
import type { Output } from '../output.ts';
import { Broadcasts } from './broadcasts.ts';
import { eventMessage, healthMessage, infoMessage, statsMessage, triggerMessage } from './messages.ts';
import { DEFAULT_TIMING, MqttConnection, type MqttConnectionTiming } from './mqtt-connection.ts';
import { Rivalry } from './rivalry.ts';
import { SlowTopics, slowMessage } from './slow-topics.ts';
import { TriggerMessages } from './trigger-messages.ts';

/** A rival is answered at most this often, in milliseconds: two answers must not call each other for ever. */
const ANSWER_MS = 1000;

/** What the publisher needs of the configuration. */
export interface MqttPublisherOptions {
  /** The brokers in order; `mqtt.urls` with `embedded` replaced by where the embedded broker listens. */
  readonly urls: readonly string[];
  readonly host: string;
  readonly mqtt: MqttConfig;
  readonly homeAssistant: HomeAssistantConfig;
  readonly installationOf: HomeAssistantOptions['installationOf'];
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
export class MqttPublisher implements Output {
  readonly #options: MqttPublisherOptions;
  readonly #log: Log;
  readonly #connection: MqttConnection;
  readonly #homeAssistant: HomeAssistant;
  readonly #now: () => number;
  readonly #rivalry: Rivalry;
  readonly #broadcasts: Broadcasts;
  readonly #slow: SlowTopics;
  readonly #triggerMessages: TriggerMessages;
  /** The snapshot of the last `stats` that was sent. */
  readonly #sent = new Map<string, InterfaceSnapshot>();
  readonly #seqs = new Map<string, number>();
  readonly #onStatus: () => void;
  #info: Info | null = null;
  /** The newest `info` of this connection: a second time it is no news. */
  #sentInfo: string | null = null;
  #vitals: Vitals | null = null;
  #health: OutgoingMessage | null = null;
  /** A broker has acknowledged our `info`: from then on another one in its place is somebody else's. */
  #announced = false;
  #answeredAtMs = Number.NEGATIVE_INFINITY;
  #owesAnswer = false;
  /** The broker of the last connection. */
  #lastBroker: string | null = null;
  #skipped = 0;

  /**
   * @param onStatus - called when `status()` has changed
   * @throws BrokerError `url` for a broker URL that cannot be used
   */
  constructor(
    options: MqttPublisherOptions,
    log: Log,
    timing: MqttPublisherTiming = DEFAULT_PUBLISHER_TIMING,
    onStatus: () => void = () => {},
  ) {
    this.#options = options;
    this.#onStatus = onStatus;
    this.#log = log;
    this.#now = timing.now;
    this.#rivalry = new Rivalry(timing.now);
    const { host, mqtt } = options;
    this.#slow = new SlowTopics({ base: mqtt.topic, host, scalars: mqtt.scalars });
    const handlers = {
      onConnect: (sentence: string) => this.#connected(sentence),
      onDisconnect: onStatus,
      onMessage: (message: IncomingMessage) => this.#received(message),
    };
    const connectionOptions = {
      urls: options.urls,
      mqtt,
      statusTopic: this.#topic({ kind: 'status', host }),
      idSuffix: randomUUID().slice(0, 8),
    };
    this.#connection = new MqttConnection(connectionOptions, handlers, log, timing.connection);
    const root = this.#topic({ kind: 'info', host }).replace(/\/info$/, '');
    this.#broadcasts = new Broadcasts(this.#connection, root, timing.now);
    this.#triggerMessages = new TriggerMessages(this.#connection);
    this.#homeAssistant = new HomeAssistant(
      { config: options.homeAssistant, base: mqtt.topic, host, installationOf: options.installationOf },
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
    this.#triggerMessages.stop();
    this.#homeAssistant.stop();
    return this.#connection.stop();
  }

  status(): OutputStatus {
    const where = this.#connection.broker;
    return { ...this.#state(), where, gauges: this.#gauges, counters: this.#counters };
  }

  describe(description: Description): void {
    const info = infoMessage(description);
    const previous = this.#info;
    this.#info = info;
    const gone = previous === null ? [] : this.#slow.forget(previous, info);
    if (this.#silent) return;
    for (const topic of this.#retainsSlow ? gone : []) {
      this.#connection.publish({ topic, payload: '', qos: 0, retain: true, json: false });
    }
    this.#publishInfo(info);
    this.#homeAssistant.describe(info);
  }

  publish(snapshots: readonly InterfaceSnapshot[]): void {
    const info = this.#info;
    if (info === null) return;
    const slow = snapshots.flatMap((snapshot) => this.#slow.gather(snapshot, info.state_interval_s));
    if (this.#rivalry.isRivalSilent()) this.#takeOver();
    if (this.#silent) return;
    if (this.#connection.congested) {
      this.#skipped++;
      return;
    }
    for (const snapshot of snapshots) this.#publishStats(snapshot);
    this.#answer();
    this.#broadcasts.check(this.#rivalry.hasRival);
    for (const message of slow) this.#sendSlow(message);
  }

  triggered(event: TriggerEvent): void {
    const { trigger, iface, message, keepMs, onLost } = event;
    if (message !== null) this.#triggerMessages.send({ ...message, json: false }, keepMs, onLost);
    if (this.#silent) return;
    const topic = this.#topic({ kind: 'trigger', host: this.#options.host, iface, trigger });
    const payload = encodeMessage(triggerMessage(event));
    this.#connection.publish({ topic, payload, qos: 1, retain: false, json: true });
  }

  /** What happens while nobody would hear it is in the log alone. */
  happened(event: DaemonEvent): void {
    if (this.#silent) return;
    const topic = this.#topic({ kind: 'event', host: this.#options.host });
    const payload = encodeMessage(eventMessage(event));
    this.#connection.publish({ topic, payload, qos: 1, retain: false, json: true });
  }

  health(vitals: Vitals): void {
    this.#vitals = vitals;
    const { host } = this.#options;
    const connection = {
      reconnects: this.#connection.reconnects,
      skipped: this.#skipped,
      problem: this.#rivalry.problem(host),
    };
    const payload = encodeMessage(healthMessage(vitals, connection, new Date()));
    const topic = this.#topic({ kind: 'health', host });
    this.#health = slowMessage(topic, payload, HEALTH_INTERVAL_S, true);
    // Also while standing by: nobody else says why.
    if (this.#connection.connected) this.#sendSlow(this.#health);
  }

  /** Nothing is to be said: nobody would hear it, or another daemon goes on instead. */
  get #silent(): boolean {
    return !this.#connection.connected || this.#rivalry.yielding;
  }

  #state(): Pick<OutputStatus, 'state' | 'reason'> {
    if (!this.#connection.connected) return { state: 'waiting', reason: this.#connection.fault };
    if (!this.#rivalry.yielding) return { state: 'running', reason: null };
    return { state: 'waiting', reason: this.#rivalry.problem(this.#options.host) };
  }

  get #gauges(): OutputNumber[] {
    const value = this.#connection.connected ? 1 : 0;
    return [{ name: 'connected', help: '1 while a broker is connected, otherwise 0.', value }];
  }

  get #counters(): OutputNumber[] {
    const { reconnects } = this.#connection;
    return [
      { name: 'reconnects', help: 'Times that a broker was connected again.', value: reconnects },
      {
        name: 'skipped',
        help: 'Broadcasts that were left out because the broker did not keep up.',
        value: this.#skipped,
      },
    ];
  }

  /** @param sentence - which broker it is, and how */
  #connected(sentence: string): void {
    this.#sentInfo = null;
    this.#triggerMessages.connected();
    this.#onStatus();
    this.#connection.subscribe(this.#topic({ kind: 'info', host: this.#options.host }));
    this.#broadcasts.connected();
    if (this.#rivalry.yielding) this.#broadcasts.watch();
    else this.#announce();
    const { broker } = this.#connection;
    if (this.#lastBroker !== null && this.#lastBroker !== broker) {
      this.happened({ code: 'broker', at: new Date(), iface: null, text: sentence });
    }
    this.#lastBroker = broker;
  }

  /** Everything that a broker keeps: it may have forgotten all of it. */
  #announce(): void {
    this.#sentInfo = null;
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
    for (const message of this.#slow.messages) this.#sendSlow(message);
    if (this.#health !== null) this.#sendSlow(this.#health);
  }

  #publishInfo(info: Info): void {
    const topic = this.#topic({ kind: 'info', host: info.host });
    const payload = encodeMessage(info);
    if (payload === this.#sentInfo) return;
    this.#sentInfo = payload;
    this.#connection.publish({ topic, payload, qos: 1, retain: true, json: true }, () => {
      this.#announced = true;
    });
  }

  #publishStats(snapshot: InterfaceSnapshot): void {
    const { iface } = snapshot;
    const seq = (this.#seqs.get(iface) ?? 0) + 1;
    const payload = encodeMessage(statsMessage(snapshot, this.#sent.get(iface), seq));
    const topic = this.#topic({ kind: 'stats', host: this.#options.host, iface });
    this.#broadcasts.send(topic, payload);
    this.#seqs.set(iface, seq);
    this.#sent.set(iface, snapshot);
  }

  #sendSlow(message: OutgoingMessage): void {
    this.#connection.publish({ ...message, retain: this.#retainsSlow });
  }

  /** Kept by the broker only where it also forgets by itself: a value that never ages is worse than none. */
  get #retainsSlow(): boolean {
    return this.#options.mqtt.retain && this.#connection.version === 5;
  }

  #received(message: IncomingMessage): void {
    const { topic, payload, retained } = message;
    const { host } = this.#options;
    if (topic === this.#topic({ kind: 'info', host })) this.#receivedInfo(payload, retained);
    else if (topic === this.#topic({ kind: 'status', host })) this.#receivedStatus(payload);
    else if (this.#broadcasts.isWatched(topic)) this.#receivedStats(message);
    else if (!this.#rivalry.yielding) this.#homeAssistant.received(message);
  }

  #receivedStats(message: IncomingMessage): void {
    const tsMs = this.#broadcasts.foreignTimeMs(message);
    if (tsMs === null || !this.#rivalry.heard(tsMs)) return;
    this.#tellRival();
    if (this.#rivalry.yielding) this.#homeAssistant.stop();
  }

  #tellRival(): void {
    this.#log.error(this.#rivalry.problem(this.#options.host) ?? '');
    this.#onStatus();
    if (this.#vitals !== null) this.health(this.#vitals);
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
    if (this.#rivalry.met(own, other)) this.#tellRival();
    if (this.#rivalry.yielding) return;
    this.#broadcasts.watch();
    this.#owesAnswer = true;
    this.#answer();
  }

  /** Puts our `info` in the place of another one. */
  #answer(): void {
    if (!this.#owesAnswer || this.#info === null || this.#now() - this.#answeredAtMs < ANSWER_MS) return;
    this.#owesAnswer = false;
    this.#answeredAtMs = this.#now();
    this.#sentInfo = null;
    this.#publishInfo(this.#info);
  }

  #receivedStatus(payload: Uint8Array): void {
    if (this.#rivalry.yielding && Buffer.from(payload).toString() === 'offline') this.#takeOver();
  }

  /** The daemon that published instead of this one is gone. */
  #takeOver(): void {
    this.#rivalry.gone();
    this.#log.info(`the other ifcastd of host "${this.#options.host}" is gone: publishing again`);
    this.#broadcasts.unwatch();
    if (!this.#silent) this.#announce();
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
