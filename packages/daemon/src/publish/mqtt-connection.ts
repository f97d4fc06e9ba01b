import type { MqttConfig } from '../config/config.ts';
import { DaemonError } from '../daemon-error.ts';
import type { Log } from '../log.ts';
import { type BackOffOptions, backOffMs, DEFAULT_BACK_OFF } from './back-off.ts';
import { type BrokerAddress, parseBrokerUrl } from './broker-url.ts';
import { ClientIdentity, STABLE_MS } from './client-identity.ts';
import { describeEnd } from './connect-failure.ts';
import { limitLog } from './log-limit.ts';
import {
  type IncomingMessage,
  MqttSession,
  type OutgoingMessage,
  type ProtocolVersion,
  type SessionEnd,
} from './mqtt-session.ts';
import { VersionChoice } from './protocol-version.ts';
import { loadTlsFiles, type TlsFiles } from './tls-files.ts';

/** A tick is skipped while the socket still holds more than this, in bytes. */
const MAX_UNSENT_BYTES = 64 * 1024;
/** Retain not supported (MQTT 5.0, section 3.2.2.2). */
const RETAIN_NOT_SUPPORTED = 154;

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
export interface MqttConnectionTiming {
  readonly backOff: BackOffOptions;
  readonly connectTimeoutMs: number;
  /** The same while there is another broker to turn to that has not been tried yet. */
  readonly failoverTimeoutMs: number;
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
  onConnect(): void;
  onMessage(message: IncomingMessage): void;
}

/** What the parts of a publisher may do with the connection. */
export interface MqttChannel {
  readonly connected: boolean;
  /** Of the broker that is connected. */
  readonly version: ProtocolVersion;
  publish(message: OutgoingMessage, onAck?: () => void): void;
  /** @param quiet - a refusal is nothing that people have to know */
  subscribe(filter: string, quiet?: boolean): void;
  unsubscribe(filter: string): void;
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
  readonly #addresses: readonly BrokerAddress[];
  readonly #versions: readonly VersionChoice[];
  readonly #identity: ClientIdentity;
  /** Brokers that refuse retained messages. */
  readonly #retainRefused = new Set<BrokerAddress>();
  /** What the log was told since the last connect: once is enough. */
  readonly #told = new Set<string>();
  #index = 0;
  #failures = 0;
  #session: MqttSession | undefined;
  #openedAtMs = 0;
  #retain = false;
  #connects = 0;
  #timer: NodeJS.Timeout | undefined;
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
    this.#addresses = options.urls.map(parseBrokerUrl);
    if (this.#addresses.length === 0)
      throw new DaemonError('config', 'mqtt.url names no broker: give at least one');
    this.#identity = new ClientIdentity(options.mqtt.clientId, options.idSuffix);
    this.#versions = this.#addresses.map(() => new VersionChoice(options.mqtt.version));
  }

  get connected(): boolean {
    return this.#session?.writable === true;
  }

  get version(): ProtocolVersion {
    return this.#versions[this.#index]!.version;
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
    const address = this.#addresses[this.#index]!;
    const { mqtt, statusTopic } = this.#options;
    let tls: TlsFiles = {};
    try {
      // At every attempt: certificates are renewed while the daemon runs.
      if (address.protocol === 'mqtts' || address.protocol === 'wss') tls = loadTlsFiles(mqtt);
    } catch (error) {
      this.#failed(address, (error as Error).message);
      return;
    }
    this.#retain = !this.#retainRefused.has(address);
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
        connectTimeoutMs: this.#connectTimeoutMs,
        will: { topic: statusTopic, retain: this.#retain },
      },
      {
        onOpen: (retainAvailable) => this.#opened(address, retainAvailable),
        onMessage: (message) => this.#received(message),
        onEnd: (end) => this.#ended(address, end),
      },
    );
    this.#session = session;
    session.open();
  }

  get #connectTimeoutMs(): number {
    const { connectTimeoutMs, failoverTimeoutMs } = this.#timing;
    const othersUntried = this.#addresses.length > 1 && this.#failures <= this.#addresses.length;
    return othersUntried ? Math.min(failoverTimeoutMs, connectTimeoutMs) : connectTimeoutMs;
  }

  #opened(address: BrokerAddress, retainAvailable: boolean): void {
    if (this.#farewell !== undefined) {
      this.#farewell.say();
      return;
    }
    this.#versions[this.#index]!.worked();
    this.#retain &&= retainAvailable;
    this.#openedAtMs = performance.now();
    this.#connects++;
    this.#told.clear();
    const version = this.version === 5 ? '5' : '3.1.1';
    this.#log.info(`connected to ${address.label} with MQTT ${version} as "${this.#identity.id}"`);
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

  #ended(address: BrokerAddress, end: SessionEnd): void {
    this.#session = undefined;
    if (this.#farewell !== undefined) {
      this.#farewell.giveUp();
      return;
    }
    const { mqtt } = this.#options;
    const why = describeEnd(end, {
      address,
      version: this.version,
      clientId: this.#identity.id,
      hasUsername: (address.username ?? mqtt.username) !== null,
      ca: mqtt.ca,
      cert: mqtt.cert,
    });
    if (end.opened) {
      const lastedMs = performance.now() - this.#openedAtMs;
      if (lastedMs >= STABLE_MS) this.#failures = 0;
      if (this.#identity.lost(end, lastedMs)) {
        this.#log.error(
          `another client uses the client id "${mqtt.clientId}": going on as "${this.#identity.id}"; ` +
            'give each daemon an mqtt.client_id of its own',
        );
      }
      this.#tell('warn', `lost ${address.label}: ${why}`);
      this.#retry();
      return;
    }
    this.#identity.failed(end);
    if (end.reasonCode === RETAIN_NOT_SUPPORTED && !this.#retainRefused.has(address)) {
      this.#retainRefused.add(address);
      this.#connect();
      return;
    }
    const version = this.#versions[this.#index]!;
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
    this.#failed(address, why);
  }

  #failed(address: BrokerAddress, why: string): void {
    this.#tell('warn', `cannot connect to ${address.label}: ${why}`);
    this.#retry();
  }

  /** The next broker at once, until all have failed in a row; then after a wait. */
  #retry(): void {
    if (this.#farewell !== undefined) {
      this.#farewell.giveUp();
      return;
    }
    this.#failures++;
    this.#index = (this.#index + 1) % this.#addresses.length;
    const rounds = Math.floor(this.#failures / this.#addresses.length);
    const waits = this.#failures % this.#addresses.length === 0;
    const delay = waits ? backOffMs(rounds, this.#timing.backOff) : 0;
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
