import {
  BrokerClient,
  type BrokerTiming,
  type Connected,
  DEFAULT_BACK_OFF,
  type Disconnected,
  type IncomingMessage,
  type OutgoingMessage,
  type ProtocolVersion,
  type SkippedMessage,
  StableClientId,
} from '@ifcast/broker';
import type { Log } from '../../base/log.ts';
import { MQTT_KEYS } from '../../config/mqtt-keys.ts';
import type { MqttConfig } from '../../config/mqtt-settings.ts';
import type { MqttChannel } from '../home-assistant/mqtt-channel.ts';
import { limitLog } from './log-limit.ts';

/** A tick is skipped while the socket still holds more than this, in bytes. */
const MAX_UNSENT_BYTES = 64 * 1024;

/** How the connection is made. */
export interface MqttConnectionOptions {
  readonly urls: readonly string[];
  readonly mqtt: Omit<MqttConfig, 'urls' | 'topic' | 'retain' | 'scalars'>;
  /** Where `online` and `offline` are said. */
  readonly statusTopic: string;
  /** Appended to the client id when another client uses it; the same for the life of the process. */
  readonly idSuffix: string;
}

/** Times in milliseconds; tests shorten them. */
export interface MqttConnectionTiming extends BrokerTiming {
  /** The most that `stop` waits for `offline` to be acknowledged. */
  readonly farewellMs: number;
  /** The most that `stop` then waits for the end of the connection. */
  readonly endMs: number;
}

export const DEFAULT_TIMING: MqttConnectionTiming = {
  backOff: DEFAULT_BACK_OFF,
  connectTimeoutMs: 5000,
  failoverTimeoutMs: 2000,
  farewellMs: 1500,
  endMs: 500,
};

/** Called by the connection. */
export interface MqttConnectionHandlers {
  /** At every connect, after `online`: nothing is subscribed and nothing retained may be left. */
  onConnect(sentence: string): void;
  /** When the connection is lost, and when the reason why there is none has changed. */
  onDisconnect?(): void;
  onMessage(message: IncomingMessage): void;
}

/** The daemon at its broker: says `online` and `offline`, and tells the log what happens, each thing once. */
export class MqttConnection implements MqttChannel {
  readonly #options: MqttConnectionOptions;
  readonly #handlers: MqttConnectionHandlers;
  readonly #log: Log;
  readonly #timing: MqttConnectionTiming;
  readonly #client: BrokerClient;
  /** What the log was told since the last connect: once is enough. */
  readonly #told = new Set<string>();
  #fault: string | null = null;
  /** Topics of which something was told that comes again at every connect. */
  readonly #toldForGood = new Set<string>();

  /** @throws BrokerError `url` */
  constructor(
    options: MqttConnectionOptions,
    handlers: MqttConnectionHandlers,
    log: Log,
    timing: MqttConnectionTiming = DEFAULT_TIMING,
  ) {
    this.#options = options;
    this.#handlers = handlers;
    this.#log = limitLog(log);
    this.#timing = timing;
    const { mqtt, urls, statusTopic, idSuffix } = options;
    const clientOptions = {
      settings: { ...mqtt, urls },
      called: MQTT_KEYS,
      clientId: new StableClientId(mqtt.clientId, idSuffix),
      will: { topic: statusTopic, payload: 'offline', retain: true },
    };
    const clientHandlers = {
      onConnecting: () => {},
      onConnect: (connected: Connected) => this.#connected(connected),
      onMessage: (message: IncomingMessage) => this.#received(message),
      onSkipped: (message: SkippedMessage) => this.#leftOut(message),
      onDisconnect: (disconnected: Disconnected) => this.#disconnected(disconnected),
    };
    this.#client = new BrokerClient(clientOptions, clientHandlers, timing);
  }

  get connected(): boolean {
    return this.#client.connected;
  }

  /** The broker that is connected, or is tried: its URL without anything secret. */
  get broker(): string {
    return this.#client.broker;
  }

  /** One sentence: why the last attempt failed; `null` before it and while connected. */
  get fault(): string | null {
    return this.#fault;
  }

  get version(): ProtocolVersion {
    return this.#client.version;
  }

  /** Whether the socket still holds so much unsent that a tick should be skipped. */
  get congested(): boolean {
    return this.#client.unsentBytes > MAX_UNSENT_BYTES;
  }

  /** Times it connected again. */
  get reconnects(): number {
    return this.#client.reconnects;
  }

  /** Begins to connect, and goes on until {@link stop}. */
  start(): void {
    this.#client.start();
  }

  /**
   * Sends a message if connected, and forgets it otherwise. A refusal is told once.
   *
   * @param onAck - for QoS 1: called when the broker has taken it
   * @param onRefusal - called when it has not
   */
  publish(message: OutgoingMessage, onAck?: () => void, onRefusal?: () => void): void {
    this.#client.publish(message, (refusal) => {
      if (refusal !== null && this.connected) this.#tellRefusal(message.topic, refusal.message);
      if (refusal === null) onAck?.();
      else onRefusal?.();
    });
  }

  /**
   * Tells the log once that a topic is refused.
   *
   * @param why - a phrase
   */
  #tellRefusal(topic: string, why: string): void {
    this.tellOnce(
      topic,
      `the broker refuses ${topic}: ${why.replace(/^Publish error: /, '')}: allow the user to write it (docs/brokers.md, Login)`,
    );
  }

  /** Tells the log an error that is the same at every connect: once for each subject. */
  tellOnce(subject: string, sentence: string): void {
    if (this.#toldForGood.has(subject) || this.#toldForGood.size >= MAX_REMEMBERED) return;
    this.#toldForGood.add(subject);
    this.#log.error(sentence);
  }

  subscribe(filter: string, quiet = false): void {
    this.#client.subscribe({ [filter]: 0 }, (refusal) => {
      if (refusal === null) return;
      const message = `cannot subscribe to ${filter}: ${refusal.message}`;
      if (quiet) this.#log.debug(message);
      else this.#tell('warn', message);
    });
  }

  unsubscribe(filter: string): void {
    this.#client.unsubscribe(filter);
  }

  /** Says `offline` and ends, at most `farewellMs + endMs` later, whatever the broker does. */
  stop(): Promise<void> {
    return this.#client.stop({ message: this.#status('offline'), ...this.#timing });
  }

  #connected({ broker, version, clientId, retains }: Connected): void {
    this.#told.clear();
    this.#fault = null;
    const sentence = `connected to ${broker} with MQTT ${version === 5 ? '5' : '3.1.1'} as "${clientId}"`;
    this.#log.info(sentence);
    if (!retains) {
      this.#tell(
        'warn',
        `${broker} keeps no retained messages: late subscribers have to wait for the next ones`,
      );
    }
    this.publish(this.#status('online'));
    this.subscribe(this.#options.statusTopic);
    this.#handlers.onConnect(sentence);
  }

  #received(message: IncomingMessage): void {
    const { topic, payload } = message;
    // A last will that comes late, from our own connection before this one or from another daemon.
    if (topic === this.#options.statusTopic && Buffer.from(payload).toString() === 'offline') {
      this.publish(this.#status('online'));
    }
    this.#handlers.onMessage(message);
  }

  #leftOut({ topic, packetBytes }: SkippedMessage): void {
    this.tellOnce(topic, `a message of ${packetBytes} bytes on ${topic} is too long and is left out`);
  }

  #disconnected({ broker, wasConnected, why, mayBeVersion, clientIdChange }: Disconnected): void {
    if (clientIdChange !== null) this.#log.error(clientIdSentence(clientIdChange));
    if (mayBeVersion) this.#log.debug(`${broker}: ${why}`);
    else this.#lost(`${wasConnected ? 'lost' : 'cannot connect to'} ${broker}: ${why}`);
  }

  #lost(sentence: string): void {
    this.#tell('warn', sentence);
    if (this.#fault === sentence) return;
    this.#fault = sentence;
    this.#handlers.onDisconnect?.();
  }

  #status(payload: 'online' | 'offline'): OutgoingMessage {
    return { topic: this.#options.statusTopic, payload, qos: 1, retain: true, json: false };
  }

  #tell(level: 'warn' | 'error', message: string): void {
    if (this.#told.has(message)) {
      this.#log.debug(message);
      return;
    }
    if (this.#told.size < MAX_REMEMBERED) this.#told.add(message);
    this.#log[level](message);
  }
}

/** Words of a broker could differ every time. */
const MAX_REMEMBERED = 100;

function clientIdSentence({ why, before, now }: NonNullable<Disconnected['clientIdChange']>): string {
  const remedy = 'give each daemon an mqtt.client_id of its own';
  switch (why) {
    case 'taken':
      return `another client uses the client id "${before}": going on as "${now}"; ${remedy}`;
    case 'suspected':
      return `connections end without a word soon after they began: another client may use the client id "${before}"; trying "${now}"; if that lasts, ${remedy}`;
    case 'unfounded':
      return `connections end as soon with the client id "${before}": going back to "${now}"; the log of the broker may tell why it ends them`;
  }
}
