import { backOffMs } from './back-off.ts';
import type {
  BrokerClientHandlers,
  BrokerClientOptions,
  BrokerTiming,
  Disconnected,
  Farewell,
} from './broker-client-options.ts';
import { type Broker, BrokerList } from './broker-list.ts';
import { STABLE_MS } from './client-id.ts';
import {
  Connection,
  type ConnectionEnd,
  type OutgoingMessage,
  type ProtocolVersion,
  type Subscriptions,
} from './connection.ts';
import { describeEnd } from './describe-end.ts';
import { loadTlsFiles, type TlsFiles } from './tls-files.ts';

/** Retain not supported (MQTT 5.0, section 3.2.2.2). */
const RETAIN_NOT_SUPPORTED = 154;

/**
 * Keeps a connection to one of some brokers, whatever they do, and holds nothing back: what cannot be sent now is not
 * sent.
 */
export class BrokerClient {
  readonly #options: BrokerClientOptions;
  readonly #handlers: BrokerClientHandlers;
  readonly #timing: BrokerTiming;
  readonly #brokers: BrokerList;
  #connection: Connection | undefined;
  #clientId = '';
  #openedAtMs = 0;
  #retains = false;
  #attempt = 0;
  #connects = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Set once stopping. */
  #farewell: { readonly say: () => void; readonly giveUp: () => void } | undefined;

  /** @throws BrokerError `url` */
  constructor(options: BrokerClientOptions, handlers: BrokerClientHandlers, timing: BrokerTiming) {
    this.#options = options;
    this.#handlers = handlers;
    this.#timing = timing;
    this.#brokers = new BrokerList(options.settings.urls, options.settings.version);
  }

  get connected(): boolean {
    return this.#connection?.writable === true;
  }

  /** The broker that is connected, or is tried: its URL for people. */
  get broker(): string {
    return this.#brokers.current.address.label;
  }

  /** Of the broker that is connected, or is tried. */
  get version(): ProtocolVersion {
    return this.#brokers.current.version.version;
  }

  /** Bytes that the socket has not taken yet. */
  get unsentBytes(): number {
    return this.#connection?.unsentBytes ?? 0;
  }

  /** Times it connected again. */
  get reconnects(): number {
    return Math.max(0, this.#connects - 1);
  }

  /** Begins to connect, and goes on until {@link stop}. */
  start(): void {
    this.#connect();
  }

  /** Begins the next attempt now, if one is being waited for. */
  retryNow(): void {
    if (this.#timer !== undefined && this.#farewell === undefined) this.#connect();
  }

  /**
   * Sends a message if connected, and forgets it otherwise. Where the broker keeps none it is not retained.
   *
   * @param onAck - for QoS 1: called when the broker has answered, with its refusal or `null`
   */
  publish(message: OutgoingMessage, onAck?: (refusal: Error | null) => void): void {
    if (!this.connected) return;
    this.#connection?.publish({ ...message, retain: message.retain && this.#retains }, onAck);
  }

  /**
   * Subscribes if connected.
   *
   * @param onAnswer - called with the broker's refusal or `null`
   */
  subscribe(filters: Subscriptions, onAnswer: (refusal: Error | null) => void): void {
    if (!this.connected) return;
    this.#connection?.subscribe(filters, (error) => {
      if (error === null || this.connected) onAnswer(error);
    });
  }

  unsubscribe(filter: string): void {
    this.#connection?.unsubscribe(filter);
  }

  /**
   * Gives up a connection that is of no use, and goes on to the next attempt.
   *
   * @param why - a phrase for {@link Disconnected.why}
   */
  abandon(why: string): void {
    if (!this.connected || this.#farewell !== undefined) return;
    this.#connection?.destroy();
    this.#connection = undefined;
    this.#retry(this.#brokers.current, { wasConnected: true, why });
  }

  /**
   * Ends, at most `farewellMs + endMs` later, whatever the broker does.
   *
   * @param last - without it the connection is given up at once
   */
  async stop(last: Farewell | null): Promise<void> {
    if (this.#farewell !== undefined) return;
    clearTimeout(this.#timer);
    const acknowledged = last !== null && (await this.#sayFarewell(last));
    this.#farewell ??= { say: () => {}, giveUp: () => {} };
    // Without DISCONNECT the broker publishes the last will.
    if (acknowledged) await this.#connection?.close(last.endMs);
    else this.#connection?.destroy();
  }

  #sayFarewell({ message, farewellMs }: Farewell): Promise<boolean> {
    return new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), farewellMs);
      const settle = (said: boolean) => {
        clearTimeout(timer);
        resolve(said);
      };
      this.#farewell = {
        say: () => this.publish(message, (refusal) => refusal === null && settle(true)),
        giveUp: () => settle(false),
      };
      if (this.#connects === 0) settle(false);
      else if (this.connected) this.#farewell.say();
      // A broker that came back may still hold what was true before: it is worth one more attempt.
      else if (this.#connection === undefined) this.#connect();
    });
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const broker = this.#brokers.current;
    const { address } = broker;
    const { settings, called, clientId, will } = this.#options;
    const { connectTimeoutMs, failoverTimeoutMs } = this.#timing;
    this.#attempt++;
    this.#handlers.onConnecting({ broker: address.label, attempt: this.#attempt });
    let tls: TlsFiles = {};
    try {
      // At every attempt: certificates are renewed while the program runs.
      if (address.protocol === 'mqtts' || address.protocol === 'wss') tls = loadTlsFiles(settings, called);
    } catch (error) {
      this.#retry(broker, { wasConnected: false, why: (error as Error).message });
      return;
    }
    this.#retains = broker.retains;
    this.#clientId = clientId.id;
    const connection = new Connection(
      {
        address,
        version: this.version,
        clientId: this.#clientId,
        username: settings.username,
        password: settings.password,
        tls,
        servername: settings.servername,
        keepaliveS: settings.keepaliveS,
        connectTimeoutMs: this.#brokers.hasUntried
          ? Math.min(failoverTimeoutMs, connectTimeoutMs)
          : connectTimeoutMs,
        will: will && { ...will, retain: will.retain && this.#retains },
      },
      {
        onOpen: (retainAvailable) => this.#opened(broker, retainAvailable),
        onMessage: (message) => {
          if (this.#farewell === undefined) this.#handlers.onMessage(message);
        },
        onSkipped: (message) => this.#handlers.onSkipped(message),
        onEnd: (end) => this.#ended(broker, end),
      },
    );
    this.#connection = connection;
    connection.open();
  }

  #opened({ address, version }: Broker, retainAvailable: boolean): void {
    if (this.#farewell !== undefined) {
      this.#farewell.say();
      return;
    }
    version.worked();
    this.#retains &&= retainAvailable;
    this.#openedAtMs = performance.now();
    this.#connects++;
    this.#attempt = 0;
    this.#handlers.onConnect({
      broker: address.label,
      version: version.version,
      clientId: this.#clientId,
      retains: this.#retains,
    });
  }

  #ended(broker: Broker, end: ConnectionEnd): void {
    this.#connection = undefined;
    if (this.#farewell !== undefined) {
      this.#farewell.giveUp();
      return;
    }
    const { settings, called, clientId } = this.#options;
    const { address, version } = broker;
    const why = describeEnd(end, {
      address,
      version: version.version,
      clientId: this.#clientId,
      hasUsername: (address.username ?? settings.username) !== null,
      ca: settings.ca,
      cert: settings.cert,
      called,
    });
    if (end.opened) {
      const lastedMs = performance.now() - this.#openedAtMs;
      if (lastedMs >= STABLE_MS) this.#brokers.succeeded();
      const before = this.#clientId;
      const change = clientId.lost(end, lastedMs);
      const clientIdChange = change && { why: change, before, now: clientId.id };
      this.#retry(broker, { wasConnected: true, why, clientIdChange });
      return;
    }
    clientId.failed(end);
    const withoutRetain = end.reasonCode === RETAIN_NOT_SUPPORTED && broker.retains;
    if (withoutRetain) broker.retains = false;
    if (withoutRetain || version.failed(end)) {
      // The same broker asked in another way is the same attempt.
      this.#attempt--;
      this.#connect();
      return;
    }
    this.#retry(broker, { wasConnected: false, why, mayBeVersion: version.undecided });
  }

  /** The next broker at once, until all have failed in a row; then after a wait. */
  #retry(
    { address }: Broker,
    ended: Pick<Disconnected, 'wasConnected' | 'why'> & Partial<Disconnected>,
  ): void {
    if (this.#farewell !== undefined) {
      this.#farewell.giveUp();
      return;
    }
    const rounds = this.#brokers.next();
    const retryInMs = rounds === 0 ? 0 : backOffMs(rounds, this.#timing.backOff);
    this.#timer = setTimeout(() => this.#connect(), retryInMs);
    this.#handlers.onDisconnect({
      broker: address.label,
      attempt: Math.max(1, this.#attempt),
      mayBeVersion: false,
      clientIdChange: null,
      ...ended,
      retryInMs,
    });
  }
}
