import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';

import { connect, type MqttClient } from 'mqtt';

import type { BrokerAddress } from './broker-url.ts';
import { clientOptions, isSecure } from './mqttjs-options.ts';
import { PacketGuard } from './packet-guard.ts';
import { type Stage, watchStage } from './stage.ts';
import type { TlsFiles } from './tls-files.ts';

/** MQTT 5, or 4: what 3.1.1 calls itself on the wire. */
export type ProtocolVersion = 4 | 5;

/** With what one connection is opened. */
export interface ConnectionOptions {
  readonly address: BrokerAddress;
  readonly version: ProtocolVersion;
  readonly clientId: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly tls: TlsFiles;
  readonly servername: string | null;
  readonly keepaliveS: number;
  readonly connectTimeoutMs: number;
  readonly will: LastWill | null;
}

/** What the broker publishes, at QoS 1, when the connection ends without a goodbye. */
export interface LastWill {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
}

/** How a connection ended. */
export interface ConnectionEnd {
  /** The broker had accepted it. */
  readonly opened: boolean;
  readonly error: Error | null;
  /** From the CONNACK that refused it or the DISCONNECT that ended it. */
  readonly reasonCode: number | null;
  /** How far it had come. */
  readonly stage: Stage;
}

/** A message from the broker. */
export interface IncomingMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** It was kept by the broker: it may be old. */
  readonly retained: boolean;
}

/** A message that is too long to be taken. */
export interface SkippedMessage {
  readonly topic: string;
  /** Bytes of its packet after the fixed header. */
  readonly packetBytes: number;
}

/** A message to the broker. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** Marks the payload as JSON, where the protocol has room for it. */
  readonly json: boolean;
  /** Message expiry in seconds, where the protocol has it. */
  readonly expiryS?: number;
}

/** Called by a connection; `onEnd` once, after which nothing else is; nothing at all after `close` or `destroy`. */
export interface ConnectionHandlers {
  onOpen(retainAvailable: boolean): void;
  onMessage(message: IncomingMessage): void;
  onSkipped(message: SkippedMessage): void;
  onEnd(end: ConnectionEnd): void;
}

/**
 * One connection to one broker, from the attempt to its end. It is never opened again: a new client for each attempt
 * has no queue, no store and no subscription left over from the one before.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #handlers: ConnectionHandlers;
  /** Begins the payload of a message whose own was left out: nobody else can know it. */
  readonly #marker = randomBytes(16);
  #client: MqttClient | undefined;
  #opened = false;
  #ended = false;
  #reasonCode: number | null = null;
  #keptAliveMs = 0;
  #stage: Stage = 'lookup';

  constructor(options: ConnectionOptions, handlers: ConnectionHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Whether a message can be sent now. */
  get writable(): boolean {
    return this.#opened && !this.#ended && this.#client?.connected === true && this.#client.stream.writable;
  }

  /** Bytes that the socket has not taken yet. */
  get unsentBytes(): number {
    return this.#client?.stream.writableLength ?? 0;
  }

  /** Begins to connect. */
  open(): void {
    let client: MqttClient;
    try {
      client = connect(clientOptions(this.#options, (socket) => this.#watch(socket)));
    } catch (error) {
      queueMicrotask(() => this.#end(error as Error));
      return;
    }
    this.#client = client;
    this.#guard(client);
    // The few small packets of the start shall not wait for one another's acknowledgement.
    if (client.stream instanceof Socket) {
      client.stream.setNoDelay(true);
      this.#watch(client.stream);
    }
    client.on('connect', (connack) => {
      if (this.#ended) return;
      this.#opened = true;
      this.#handlers.onOpen(connack.properties?.retainAvailable !== false);
    });
    client.on('message', (topic, payload, { retain }) => {
      if (this.#ended) return;
      if (payload.length !== PLACEHOLDER_BYTES || !payload.subarray(0, -4).equals(this.#marker)) {
        this.#handlers.onMessage({ topic, payload, retained: retain });
      } else this.#handlers.onSkipped({ topic, packetBytes: payload.readUInt32BE(PLACEHOLDER_BYTES - 4) });
    });
    client.on('disconnect', ({ reasonCode }) => {
      this.#reasonCode = reasonCode ?? 0;
    });
    client.on('error', (error) => this.#end(error));
    // The client keeps those without a code to itself, such as the HTTP status in place of a websocket.
    client.stream.on('error', (error) => this.#end(error));
    client.on('close', () => this.#end(null));
  }

  /**
   * Sends a message; only while {@link writable}.
   *
   * @param onAck - called for QoS 1 when the broker has answered, with its refusal or `null`
   */
  publish(message: OutgoingMessage, onAck?: (error: Error | null) => void): void {
    const { topic, payload, qos, retain, json, expiryS } = message;
    const properties = {
      ...(json && { payloadFormatIndicator: true, contentType: 'application/json' }),
      ...(expiryS !== undefined && { messageExpiryInterval: expiryS }),
    };
    // A callback at QoS 0 would only tell that the bytes were handed over, and leaves a listener behind while they wait.
    const callback = (error?: Error) => {
      // Anything but a reason code is the end of the connection, which is told elsewhere.
      if (error === undefined || error === null || reasonCodeOf(error) !== null) onAck?.(error ?? null);
    };
    this.#client?.publish(topic, payload, { qos, retain, properties }, qos === 1 ? callback : undefined);
  }

  /**
   * Subscribes to topic filters in one packet, so that the answers come together.
   *
   * @param filters - topic filters and the QoS of each
   * @param onAnswer - called with the error or `null`
   */
  subscribe(filters: Subscriptions, onAnswer: (error: Error | null) => void): void {
    const map = Object.fromEntries(Object.entries(filters).map(([filter, qos]) => [filter, { qos }]));
    this.#client?.subscribe(map, (error, granted) => {
      const refused = granted?.some(({ qos }) => qos >= 128) === true;
      onAnswer(error ?? (refused ? new Error('the broker refuses it') : null));
    });
  }

  unsubscribe(filter: string): void {
    if (this.writable) this.#client?.unsubscribe(filter);
  }

  /** Sends DISCONNECT, which takes the last will back, and ends; at the latest after `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    const client = this.#client;
    if (client === undefined || this.#ended) return;
    this.#ended = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadlineMs);
      client.end(false, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    client.stream.destroy();
  }

  /** Ends at once, without DISCONNECT: the broker then publishes the last will. */
  destroy(): void {
    this.#ended = true;
    this.#client?.end(true);
    this.#client?.stream.destroy();
  }

  #watch(socket: Socket): void {
    const { address } = this.#options;
    watchStage(socket, address.host, isSecure(address), (stage) => {
      this.#stage = stage;
    });
  }

  /** Has the stream leave out what is too long as it comes from the network, before the client collects it. */
  #guard(client: MqttClient): void {
    const { stream } = client;
    const guard = new PacketGuard(this.#options.version, (length) => {
      const placeholder = Buffer.alloc(PLACEHOLDER_BYTES);
      this.#marker.copy(placeholder);
      placeholder.writeUInt32BE(length, PLACEHOLDER_BYTES - 4);
      return placeholder;
    });
    const push = stream.push.bind(stream);
    stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (!Buffer.isBuffer(chunk)) return push(chunk, encoding);
      if (!this.#opened && isTlsAlert(chunk)) {
        queueMicrotask(() => this.#end(new TlsExpected()));
        return true;
      }
      const passed = guard.pass(chunk);
      if (guard.fault !== null) {
        const refused = new PacketRefused(guard.fault);
        queueMicrotask(() => this.#end(refused));
        return true;
      }
      if (guard.isSkipping) this.#keepAlive(client);
      // An empty buffer would be told as data that has come.
      return passed.length === 0 || push(passed, encoding);
    };
  }

  /** While a long message comes the answer to a PINGREQ waits behind it: the broker is alive all the same. */
  #keepAlive(client: MqttClient): void {
    const now = performance.now();
    if (now - this.#keptAliveMs < this.#options.keepaliveS * 500) return;
    this.#keptAliveMs = now;
    if (!client.connected) return;
    client.sendPing();
    client.reschedulePing(true);
  }

  #end(error: Error | null): void {
    if (this.#ended) return;
    this.destroy();
    const reasonCode = (error === null ? null : reasonCodeOf(error)) ?? this.#reasonCode;
    this.#handlers.onEnd({ opened: this.#opened, error, reasonCode, stage: this.#stage });
  }
}

/** Topic filters, and the QoS at which messages shall come. */
export type Subscriptions = Readonly<Record<string, 0 | 1>>;

/** A marker of 16 bytes, and the length of the packet in 4. */
const PLACEHOLDER_BYTES = 20;

/** The broker sent what no broker should. */
export class PacketRefused extends Error {
  override readonly name = 'PacketRefused';
}

/** A broker that was spoken to in plain answered in TLS. */
export class TlsExpected extends Error {
  override readonly name = 'TlsExpected';
}

/** An alert record of SSL 3 or TLS: type 21, major version 3 (RFC 8446, section 5.1). No packet from a broker begins so. */
function isTlsAlert(chunk: Buffer): boolean {
  return chunk[0] === 0x15 && chunk[1] === 0x03;
}

function reasonCodeOf(error: Error): number | null {
  return 'code' in error && typeof error.code === 'number' ? error.code : null;
}
