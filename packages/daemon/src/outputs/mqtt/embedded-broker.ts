import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

import { PacketGuard } from '@ifcast/broker';
import { Aedes, type AedesOptions } from 'aedes';

import { type EmbeddedLimits, embeddedTable } from '../../config/embedded-settings.ts';

/** The port that MQTT clients try first. */
const MQTT_PORT = 1883;

/** Who may use the broker, and how much of it. */
export interface EmbeddedBrokerOptions {
  readonly limits: EmbeddedLimits;
  /** What clients have to give; `null` for everybody. */
  readonly login: { readonly username: string; readonly password: string } | null;
  /** Called with a sentence the first time that a limit is met. */
  readonly onLimit: (sentence: string) => void;
}

const DEFAULT_OPTIONS: EmbeddedBrokerOptions = {
  limits: embeddedTable.default,
  login: null,
  onLimit: () => {},
};

/** A broker of our own for those who have none: aedes, MQTT 3.1.1, nothing kept on disk, loopback only. */
export class EmbeddedBroker {
  readonly #options: EmbeddedBrokerOptions;
  #broker: Aedes | undefined;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  /** Bytes by retained topic, and of all of them. */
  readonly #retained = new Map<string, number>();
  #retainedBytes = 0;
  readonly #told = new Set<keyof EmbeddedLimits>();

  constructor(options: Partial<EmbeddedBrokerOptions> = {}) {
    this.#options = { ...DEFAULT_OPTIONS, ...options };
  }

  /**
   * Listens on 127.0.0.1, on port 1883 or, where that is taken, on a free one.
   *
   * @param preferredPort - 0 for any free port
   * @returns the URL for its clients
   * @throws the error of the system when no port can be had
   */
  async start(preferredPort: number = MQTT_PORT): Promise<{ readonly url: string; readonly port: number }> {
    const { maxConnections } = this.#options.limits;
    const broker = await Aedes.createBroker(this.#aedesOptions());
    this.#broker = broker;
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      this.#guard(socket);
      broker.handle(socket);
    });
    server.maxConnections = maxConnections;
    server.on('drop', () => this.#tell('maxConnections', `beyond ${maxConnections} at a time are refused`));
    this.#server = server;
    try {
      await listen(server, preferredPort);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      await listen(server, 0);
    }
    const { port } = server.address() as AddressInfo;
    return { url: `mqtt://127.0.0.1:${port}`, port };
  }

  /** Ends all connections and frees the port. */
  async stop(): Promise<void> {
    const [broker, server] = [this.#broker, this.#server];
    this.#broker = undefined;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) =>
      server?.listening ? server.close(() => resolve()) : resolve(),
    );
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await new Promise<void>((resolve) => (broker === undefined ? resolve() : broker.close(() => resolve())));
    this.#retained.clear();
    this.#retainedBytes = 0;
  }

  #aedesOptions(): AedesOptions {
    const { login, limits } = this.#options;
    return {
      connectTimeout: limits.connectTimeoutS * 1000,
      preConnect: (_client, packet, done) => {
        // What is kept for a client that is away has no bound.
        packet.clean = true;
        done(null, true);
      },
      authenticate: (_client, username, password, done) =>
        done(null, login === null || (username === login.username && equal(password, login.password))),
      authorizePublish: (_client, packet, done) => {
        if (packet.topic.startsWith('$')) {
          done(new Error('the topics of the broker itself cannot be published to'));
          return;
        }
        if (packet.retain && !this.#keep(packet.topic, Buffer.byteLength(packet.payload))) {
          // Ending the connection would be a harder answer, and MQTT 3.1.1 has no other.
          packet.retain = false;
        }
        done(null);
      },
    };
  }

  /** Whether there is room for a retained message; an empty one takes the one before it away. */
  #keep(topic: string, payloadBytes: number): boolean {
    const before = this.#retained.get(topic) ?? 0;
    const bytes = payloadBytes === 0 ? 0 : payloadBytes + Buffer.byteLength(topic);
    const { maxRetainedBytes } = this.#options.limits;
    if (this.#retainedBytes - before + bytes > maxRetainedBytes) {
      this.#tell('maxRetainedBytes', `may publish, but beyond ${maxRetainedBytes} bytes nothing is retained`);
      return false;
    }
    this.#retainedBytes += bytes - before;
    if (bytes === 0) this.#retained.delete(topic);
    else this.#retained.set(topic, bytes);
    return true;
  }

  /** Ends a connection that announces a packet too long, before it is collected. */
  #guard(socket: Socket): void {
    const { maxPacketBytes } = this.#options.limits;
    const guard = new PacketGuard(4, null, maxPacketBytes);
    const push = socket.push.bind(socket);
    socket.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (!Buffer.isBuffer(chunk)) return push(chunk, encoding);
      guard.pass(chunk);
      if (guard.fault === null) return push(chunk, encoding);
      this.#tell('maxPacketBytes', `whose packets are longer than ${maxPacketBytes} bytes are cut off`);
      socket.destroy();
      return true;
    };
  }

  #tell(limit: keyof EmbeddedLimits, words: string): void {
    if (this.#told.has(limit)) return;
    this.#told.add(limit);
    const key = limit.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    this.#options.onLimit(`embedded broker: clients ${words} (mqtt.embedded.${key})`);
  }
}

function equal(given: Buffer | undefined, wanted: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
