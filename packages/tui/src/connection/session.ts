import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';

import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { ConnectionEvent } from '../store/events.ts';
import { connectionFault } from './connection-fault.ts';
import { PacketCut } from './packet-cut.ts';

/** What a session connects to and as whom. */
export interface SessionOptions {
  /** Tried in order. */
  readonly brokers: readonly Broker[];
  readonly version: 'auto' | '5' | '3.1.1';
  readonly ca: Buffer | null;
  readonly cert: Buffer | null;
  readonly key: Buffer | null;
  readonly servername: string | null;
  /** Topic filters. */
  readonly topics: readonly string[];
}

/** One broker. */
export interface Broker {
  /** For people: without user name and password. */
  readonly label: string;
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
}

/** Who a session tells. */
export interface SessionListener {
  connection(event: ConnectionEvent): void;
  message(topic: string, payload: Buffer, retained: boolean): void;
}

const CONNECT_TIMEOUT_MS = 5_000;
const KEEPALIVE_S = 10;
const MIN_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 8_000;
/** An old broker may close the connection on MQTT 5 without a word; so may one that is starting. */
const CLOSES_BEFORE_FALLBACK = 2;

/** One connection to one of the brokers, made again for as long as it takes. */
export class Session {
  readonly #options: SessionOptions;
  readonly #listener: SessionListener;
  /** Brokers that do not speak MQTT 5. */
  readonly #old = new Set<Broker>();
  readonly #silentCloses = new Map<Broker, number>();
  #client: MqttClient | null = null;
  #timer: NodeJS.Timeout | null = null;
  #next = 0;
  #attempt = 0;

  constructor(options: SessionOptions, listener: SessionListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Starts connecting; returns at once. */
  start(): void {
    this.#connect();
  }

  /** Ends the connection without waiting for the broker. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const client = this.#client;
    this.#client = null;
    client?.end(true);
  }

  /** Starts the next attempt now if one is being waited for. */
  retryNow(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  #connect(): void {
    this.#timer = null;
    const broker = this.#options.brokers[this.#next % this.#options.brokers.length]!;
    this.#attempt++;
    this.#listener.connection({ type: 'connecting', broker: broker.label, attempt: this.#attempt });
    const client = connect(broker.url, this.#clientOptions(broker));
    this.#client = client;
    cutLongPackets(client.stream);
    // The few small packets of the start shall not wait for one another's acknowledgement.
    if ('setNoDelay' in client.stream) (client.stream as Socket).setNoDelay(true);
    let failure: Error | null = null;
    let connected = false;
    client.on('connect', () => {
      connected = true;
      this.#attempt = 0;
      this.#silentCloses.delete(broker);
      this.#listener.connection({ type: 'connected', broker: broker.label });
      this.#subscribe(client);
    });
    client.on('message', (topic, payload, packet) => {
      if (this.#client === client) this.#listener.message(topic, payload, packet.retain);
    });
    client.on('error', (error) => {
      failure = error;
    });
    // The client keeps some to itself, such as what a web server answers in place of a websocket.
    client.stream.on('error', (error: Error) => {
      failure ??= error;
    });
    client.on('close', () => {
      if (this.#client !== client) return;
      this.#client = null;
      // It would keep its timers and its last packets.
      client.end(true);
      this.#closed(broker, failure, connected);
    });
  }

  #subscribe(client: MqttClient): void {
    // All in one packet: the answers come together.
    const topics = Object.fromEntries(
      this.#options.topics.map((topic) => [topic, { qos: topic.endsWith('/stats') ? 0 : 1 } as const]),
    );
    client.subscribe(topics, (error, granted) => {
      if (this.#client !== client || !client.connected) return;
      const refused = error !== null || granted?.some(({ qos }) => qos >= 128);
      if (refused)
        client.stream.destroy(new Error('the broker does not let this user subscribe to the topics'));
    });
  }

  #closed(broker: Broker, failure: Error | null, connected: boolean): void {
    const fault = connectionFault(failure);
    if (!connected && this.#fallBack(broker, failure, fault.wrongVersion)) {
      // The same broker with another version is the same attempt.
      this.#attempt--;
      this.#timer = setTimeout(() => this.#connect(), 0);
      return;
    }
    this.#next++;
    const { brokers } = this.#options;
    // Another broker is tried at once; only when all have failed there is a pause.
    const pause = connected ? brokers.length === 1 : this.#next % brokers.length === 0;
    const delay = pause ? backoffMs(this.#attempt) : 0;
    this.#listener.connection({
      type: 'disconnected',
      broker: broker.label,
      attempt: Math.max(1, this.#attempt),
      reason: fault.reason,
      retryAt: Date.now() + delay,
    });
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  /** Whether the next attempt is with the same broker and MQTT 3.1.1. */
  #fallBack(broker: Broker, failure: Error | null, wrongVersion: boolean): boolean {
    if (this.#options.version !== 'auto' || this.#old.has(broker)) return false;
    if (!wrongVersion) {
      if (failure !== null) return false;
      const closes = (this.#silentCloses.get(broker) ?? 0) + 1;
      this.#silentCloses.set(broker, closes);
      if (closes < CLOSES_BEFORE_FALLBACK) return false;
    }
    this.#old.add(broker);
    return true;
  }

  #clientOptions(broker: Broker): IClientOptions {
    const { version, ca, cert, key, servername } = this.#options;
    const five = version === '5' || (version === 'auto' && !this.#old.has(broker));
    return {
      // Another one each time: in a cluster the old one may still have its queue on the node that was lost.
      clientId: `ifcast-view-${randomBytes(6).toString('hex')}`,
      protocolVersion: five ? 5 : 4,
      clean: true,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // The session makes every attempt itself: with another version, another broker, after a pause of its own.
      reconnectPeriod: 0,
      queueQoSZero: false,
      // Its cache of all 65,536 identifiers takes longer to make than the rest of the start.
      writeCache: false,
      ...(broker.username === null ? {} : { username: broker.username }),
      ...(broker.password === null ? {} : { password: broker.password }),
      ...(ca === null ? {} : { ca }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
      ...(servername === null ? {} : { servername }),
    };
  }
}

/** Has the stream drop what is too long as it comes from the network, before the client collects it. */
function cutLongPackets(stream: MqttClient['stream']): void {
  const cut = new PacketCut();
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding?: BufferEncoding) =>
    push(Buffer.isBuffer(chunk) ? cut.pass(chunk) : chunk, encoding);
}

/** 1, 2, 4, then 8 seconds, each up to a quarter shorter so that many clients do not come back as one. */
function backoffMs(attempt: number): number {
  const full = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** Math.max(0, attempt - 1));
  return full * (1 - Math.random() / 4);
}
