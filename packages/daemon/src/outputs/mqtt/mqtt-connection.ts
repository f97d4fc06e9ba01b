import type { Log } from '../../log.ts';
import { backOffMs } from './back-off.ts';
import { type Broker, BrokerList } from './broker-list.ts';
import { ClientIdentity, STABLE_MS } from './client-identity.ts';
import { describeEnd } from './connect-failure.ts';
import { limitLog } from './log-limit.ts';
import type { MqttChannel } from './mqtt-channel.ts';
import {
  DEFAULT_TIMING,
  type MqttConnectionOptions,
  type MqttConnectionTiming,
} from './mqtt-connection-options.ts';
import {
  type IncomingMessage,
  MqttSession,
  type OutgoingMessage,
  type ProtocolVersion,
  type SessionEnd,
} from './mqtt-session.ts';
import { loadTlsFiles, type TlsFiles } from './tls-files.ts';

/** A tick is skipped while the socket still holds more than this, in bytes. */
const MAX_UNSENT_BYTES = 64 * 1024;
/** Retain not supported (MQTT 5.0, section 3.2.2.2). */
const RETAIN_NOT_SUPPORTED = 154;

/** Called by the connection. */
export interface MqttConnectionHandlers {
  /** At every connect, after `online`: nothing is subscribed and nothing retained may be left. */
  onConnect(): void;
  /** When the connection is lost, and when the reason why there is none has changed. */
  onDisconnect?(): void;
  onMessage(message: IncomingMessage): void;
}

/**
 * The one owner of the broker connection: keeps it up whatever the brokers do, says `online` and `offline`, and holds
 * nothing back: what cannot be sent now is not sent.
 */
export class MqttConnection implements MqttChannel {
  readonly #options: MqttConnectionOptions;
  readonly #handlers: MqttConnectionHandlers;
  readonly #log: Log;
  readonly #timing: MqttConnectionTiming;
  readonly #brokers: BrokerList;
  readonly #identity: ClientIdentity;
  /** What the log was told since the last connect: once is enough. */
  readonly #told = new Set<string>();
  #session: MqttSession | undefined;
  #openedAtMs = 0;
  #retain = false;
  #connects = 0;
  #timer: NodeJS.Timeout | undefined;
  #fault: string | null = null;
  /** Set once stopping. */
  #farewell: { readonly say: () => void; readonly giveUp: () => void } | undefined;

  /** @throws DaemonError `config` for a URL that cannot be used */
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
    this.#brokers = new BrokerList(options.urls, options.mqtt.version);
    this.#identity = new ClientIdentity(options.mqtt.clientId, options.idSuffix);
  }

  get connected(): boolean {
    return this.#session?.writable === true;
  }

  /** The broker that is connected, or is tried: its URL without anything secret. */
  get broker(): string {
    return this.#brokers.current.address.label;
  }

  /** One sentence: why the last attempt failed; `null` before it and while connected. */
  get fault(): string | null {
    return this.#fault;
  }

  get version(): ProtocolVersion {
    return this.#brokers.current.version.version;
  }

  /** Whether the socket still holds so much unsent that a tick should be skipped. */
  get congested(): boolean {
    return (this.#session?.unsentBytes ?? 0) > MAX_UNSENT_BYTES;
  }

  /** Times it connected again. */
  get reconnects(): number {
    return Math.max(0, this.#connects - 1);
  }

  /** Begins to connect, and goes on until {@link stop}. */
  start(): void {
    this.#connect();
  }

  /** Sends a message if connected, and forgets it otherwise. */
  publish(message: OutgoingMessage, onAck?: () => void): void {
    if (!this.connected) return;
    const retain = message.retain && this.#retain;
    this.#session?.publish({ ...message, retain }, (error) => {
      if (error === null) onAck?.();
      else if (this.connected) this.#tell('error', `the broker refuses ${message.topic}: ${error.message}`);
    });
  }

  subscribe(filter: string, quiet = false): void {
    if (!this.connected) return;
    this.#session?.subscribe(filter, (error) => {
      if (error === null || !this.connected) return;
      const message = `cannot subscribe to ${filter}: ${error.message}`;
      if (quiet) this.#log.debug(message);
      else this.#tell('warn', message);
    });
  }

  unsubscribe(filter: string): void {
    this.#session?.unsubscribe(filter);
  }

  /** Says `offline` and ends, at most `farewellMs + endMs` later, whatever the broker does. */
  async stop(): Promise<void> {
    if (this.#farewell !== undefined) return;
    clearTimeout(this.#timer);
    const acknowledged = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), this.#timing.farewellMs);
      const settle = (said: boolean) => {
        clearTimeout(timer);
        resolve(said);
      };
      this.#farewell = {
        say: () => this.publish(this.#status('offline'), () => settle(true)),
        giveUp: () => settle(false),
      };
      if (this.#connects === 0) settle(false);
      else if (this.connected) this.#farewell.say();
      // A broker that came back may still hold `online` from before: it is worth one more attempt.
      else if (this.#session === undefined) this.#connect();
    });
    // Without DISCONNECT the broker publishes the last will, which says the same.
    if (acknowledged) await this.#session?.close(this.#timing.endMs);
    else this.#session?.destroy();
  }

  #connect(): void {
    const broker = this.#brokers.current;
    const { address } = broker;
    const { mqtt, statusTopic } = this.#options;
    const { connectTimeoutMs, failoverTimeoutMs } = this.#timing;
    let tls: TlsFiles = {};
    try {
      // At every attempt: certificates are renewed while the daemon runs.
      if (address.protocol === 'mqtts' || address.protocol === 'wss') tls = loadTlsFiles(mqtt);
    } catch (error) {
      this.#failed(broker, (error as Error).message);
      return;
    }
    this.#retain = broker.retains;
    const session = new MqttSession(
      {
        address,
        version: this.version,
        clientId: this.#identity.id,
        username: mqtt.username,
        password: mqtt.password,
        tls,
        servername: mqtt.servername,
        keepaliveS: mqtt.keepaliveS,
        connectTimeoutMs: this.#brokers.hasUntried
          ? Math.min(failoverTimeoutMs, connectTimeoutMs)
          : connectTimeoutMs,
        will: { topic: statusTopic, retain: this.#retain },
      },
      {
        onOpen: (retainAvailable) => this.#opened(broker, retainAvailable),
        onMessage: (message) => this.#received(message),
        onEnd: (end) => this.#ended(broker, end),
      },
    );
    this.#session = session;
    session.open();
  }

  #opened({ address, version }: Broker, retainAvailable: boolean): void {
    if (this.#farewell !== undefined) {
      this.#farewell.say();
      return;
    }
    version.worked();
    this.#retain &&= retainAvailable;
    this.#openedAtMs = performance.now();
    this.#connects++;
    this.#told.clear();
    this.#fault = null;
    const spoken = version.version === 5 ? '5' : '3.1.1';
    this.#log.info(`connected to ${address.label} with MQTT ${spoken} as "${this.#identity.id}"`);
    if (!this.#retain) {
      this.#tell(
        'warn',
        `${address.label} keeps no retained messages: late subscribers have to wait for the next ones`,
      );
    }
    this.publish(this.#status('online'));
    this.subscribe(this.#options.statusTopic);
    this.#handlers.onConnect();
  }

  #received(message: IncomingMessage): void {
    if (this.#farewell !== undefined) return;
    // A last will that comes late, from our own connection before this one or from another daemon.
    if (
      message.topic === this.#options.statusTopic &&
      Buffer.from(message.payload).toString() === 'offline'
    ) {
      this.publish(this.#status('online'));
    }
    this.#handlers.onMessage(message);
  }

  #status(payload: 'online' | 'offline'): OutgoingMessage {
    return { topic: this.#options.statusTopic, payload, qos: 1, retain: true, json: false };
  }

  #ended(broker: Broker, end: SessionEnd): void {
    this.#session = undefined;
    if (this.#farewell !== undefined) {
      this.#farewell.giveUp();
      return;
    }
    const { mqtt } = this.#options;
    const { address, version } = broker;
    const why = describeEnd(end, {
      address,
      version: version.version,
      clientId: this.#identity.id,
      hasUsername: (address.username ?? mqtt.username) !== null,
      ca: mqtt.ca,
      cert: mqtt.cert,
    });
    if (end.opened) {
      const lastedMs = performance.now() - this.#openedAtMs;
      if (lastedMs >= STABLE_MS) this.#brokers.succeeded();
      if (this.#identity.lost(end, lastedMs)) {
        this.#log.error(
          `another client uses the client id "${mqtt.clientId}": going on as "${this.#identity.id}"; ` +
            'give each daemon an mqtt.client_id of its own',
        );
      }
      this.#lost(`lost ${address.label}: ${why}`);
      this.#retry();
      return;
    }
    this.#identity.failed(end);
    if (end.reasonCode === RETAIN_NOT_SUPPORTED && broker.retains) {
      broker.retains = false;
      this.#connect();
      return;
    }
    if (version.failed(end)) {
      this.#log.debug(`${address.label}: ${why}; trying the other protocol version`);
      this.#connect();
      return;
    }
    if (version.undecided) {
      this.#log.debug(`${address.label}: ${why}`);
      this.#retry();
      return;
    }
    this.#failed(broker, why);
  }

  #failed({ address }: Broker, why: string): void {
    this.#lost(`cannot connect to ${address.label}: ${why}`);
    this.#retry();
  }

  #lost(sentence: string): void {
    this.#tell('warn', sentence);
    if (this.#fault === sentence) return;
    this.#fault = sentence;
    this.#handlers.onDisconnect?.();
  }

  /** The next broker at once, until all have failed in a row; then after a wait. */
  #retry(): void {
    if (this.#farewell !== undefined) {
      this.#farewell.giveUp();
      return;
    }
    const rounds = this.#brokers.next();
    const delay = rounds === 0 ? 0 : backOffMs(rounds, this.#timing.backOff);
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  #tell(level: 'warn' | 'error', message: string): void {
    if (this.#told.has(message)) {
      this.#log.debug(message);
      return;
    }
    // Words of a broker could differ every time.
    if (this.#told.size < 100) this.#told.add(message);
    this.#log[level](message);
  }
}
