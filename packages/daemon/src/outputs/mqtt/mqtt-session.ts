import { connect, type IClientOptions, type MqttClient } from 'mqtt';

import type { BrokerAddress } from './broker-url.ts';
import { MAX_INCOMING_PACKET_BYTES, PacketGuard } from './packet-guard.ts';
import type { TlsFiles } from './tls-files.ts';

/** MQTT 5, or 4: what 3.1.1 calls itself on the wire. */
export type ProtocolVersion = 4 | 5;

/** With what one connection is opened. */
export interface SessionOptions {
  readonly address: BrokerAddress;
  readonly version: ProtocolVersion;
  readonly clientId: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly tls: TlsFiles;
  readonly servername: string | null;
  readonly keepaliveS: number;
  readonly connectTimeoutMs: number;
  /** The last will says `offline` here, QoS 1; `null` for no will. */
  readonly will: { readonly topic: string; readonly retain: boolean } | null;
}

/** How a session ended. */
export interface SessionEnd {
  /** The broker had accepted it. */
  readonly opened: boolean;
  readonly error: Error | null;
  /** From the CONNACK that refused it or the DISCONNECT that ended it. */
  readonly reasonCode: number | null;
}

/** A message from the broker. */
export interface IncomingMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** It was kept by the broker: it may be old. */
  readonly retained: boolean;
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

/** Called by a session; `onEnd` once, after which nothing else is; nothing at all after `close` or `destroy`. */
export interface SessionHandlers {
  onOpen(retainAvailable: boolean): void;
  onMessage(message: IncomingMessage): void;
  onEnd(end: SessionEnd): void;
}

/**
 * One connection to one broker, from the attempt to its end. It is never opened again: a new client for each attempt
 * has no queue, no store and no subscription left over from the one before.
 */
export class MqttSession {
  readonly #options: SessionOptions;
  readonly #handlers: SessionHandlers;
  #client: MqttClient | undefined;
  #opened = false;
  #ended = false;
  #reasonCode: number | null = null;

  constructor(options: SessionOptions, handlers: SessionHandlers) {
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
      client = connect(clientOptions(this.#options));
    } catch (error) {
      queueMicrotask(() => this.#end(error as Error));
      return;
    }
    this.#client = client;
    const guard = new PacketGuard();
    client.stream.on('data', (chunk: Uint8Array) => {
      const fault = guard.push(chunk);
      if (fault !== null) this.#end(new PacketRefused(fault));
    });
    client.on('connect', (connack) => {
      if (this.#ended) return;
      this.#opened = true;
      this.#handlers.onOpen(connack.properties?.retainAvailable !== false);
    });
    client.on('message', (topic, payload, { retain }) => {
      if (!this.#ended) this.#handlers.onMessage({ topic, payload, retained: retain });
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
      // Anything but a reason code is the end of the session, which is told elsewhere.
      if (error === undefined || error === null || reasonCodeOf(error) !== null) onAck?.(error ?? null);
    };
    this.#client?.publish(topic, payload, { qos, retain, properties }, qos === 1 ? callback : undefined);
  }

  /** @param onAnswer - called with the error or `null` */
  subscribe(filter: string, onAnswer: (error: Error | null) => void): void {
    this.#client?.subscribe(filter, { qos: 0 }, (error, granted) => {
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

  #end(error: Error | null): void {
    if (this.#ended) return;
    this.destroy();
    const reasonCode = (error === null ? null : reasonCodeOf(error)) ?? this.#reasonCode;
    this.#handlers.onEnd({ opened: this.#opened, error, reasonCode });
  }
}

/** The broker sent what no broker should. */
export class PacketRefused extends Error {
  override readonly name = 'PacketRefused';
}

function reasonCodeOf(error: Error): number | null {
  return 'code' in error && typeof error.code === 'number' ? error.code : null;
}

function clientOptions(options: SessionOptions): IClientOptions {
  const { address, version, clientId, tls, servername, keepaliveS, connectTimeoutMs, will } = options;
  const { protocol, host, port, path } = address;
  const secure = protocol === 'mqtts' || protocol === 'wss';
  const websocket = protocol === 'ws' || protocol === 'wss';
  const username = address.username ?? options.username;
  const password = address.password ?? options.password;
  return {
    protocol,
    // A websocket's host goes into a URL.
    hostname: websocket && host.includes(':') ? `[${host}]` : host,
    port,
    ...(websocket && {
      path,
      wsOptions: {
        maxPayload: 2 * MAX_INCOMING_PACKET_BYTES,
        ...(secure && servername !== null && { servername }),
      },
    }),
    protocolVersion: version,
    clientId,
    clean: true,
    keepalive: keepaliveS,
    connectTimeout: connectTimeoutMs,
    // Reconnecting is the connection's affair, with a new client each time.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // Its cache of all 65,536 numbers costs more memory than it saves time here.
    writeCache: false,
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    ...(version === 5 && { properties: { maximumPacketSize: MAX_INCOMING_PACKET_BYTES } }),
    ...(will !== null && {
      will: { topic: will.topic, payload: Buffer.from('offline'), qos: 1 as const, retain: will.retain },
    }),
    // With a certificate the client would turn mqtt:// into mqtts:// unasked.
    ...(secure && { ...tls, ...(servername !== null && { servername }), rejectUnauthorized: true }),
  };
}
