/** Something on a port that is no broker, each in its own way. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** What it does with a connection. */
export type Fault =
  /** Accepts and says nothing. */
  | 'silent'
  /** Closes after the first bytes. */
  | 'closes'
  /** Resets after the first bytes. */
  | 'resets'
  /** Sends bytes that are no MQTT, without end. */
  | 'garbage'
  /** Accepts the session, then announces a packet of 256 MB and sends it. */
  | 'oversized'
  /** Accepts the session and closes at once. */
  | 'flapping'
  /** Accepts the session and answers nothing any more. */
  | 'hung'
  /** Accepts the session, then sends a message of 256 MB so slowly that no answer comes through. */
  | 'dripping';

const CONNACK_V4 = Uint8Array.of(0x20, 2, 0, 0);
const CONNACK_V5 = Uint8Array.of(0x20, 3, 0, 0, 0);
/** PUBLISH with a remaining length of 268,435,455, to the topic `a`. */
const HUGE_PUBLISH = Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61);
const GARBAGE = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(2000));

export class FaultyBroker {
  /** Connections so far. */
  connections = 0;
  /** Bytes that clients have taken of what was sent to them. */
  sentBytes = 0;
  readonly #fault: Fault;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** Listens on a free port of loopback, or on `port`. */
  static async start(fault: Fault, port = 0): Promise<FaultyBroker> {
    const broker = new FaultyBroker(fault);
    broker.#server.listen(port, '127.0.0.1');
    await once(broker.#server, 'listening');
    return broker;
  }

  private constructor(fault: Fault) {
    this.#fault = fault;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    socket.once('data', (connect) => {
      // Behind the fixed header and the name "MQTT".
      const version = connect[connect.indexOf('MQTT') + 4];
      const connack = version === 5 ? CONNACK_V5 : CONNACK_V4;
      switch (this.#fault) {
        case 'silent':
          break;
        case 'closes':
          socket.end();
          break;
        case 'resets':
          socket.resetAndDestroy();
          break;
        case 'garbage':
          this.#flood(socket, GARBAGE);
          break;
        case 'oversized':
          socket.write(Buffer.concat([connack, HUGE_PUBLISH]));
          this.#flood(socket, Buffer.alloc(64 * 1024));
          break;
        case 'flapping':
          socket.end(connack);
          break;
        case 'dripping':
          socket.write(Buffer.concat([connack, HUGE_PUBLISH]));
          this.#drip(socket);
          break;
        case 'hung':
          socket.write(connack);
          socket.pause();
          break;
      }
    });
  }

  #drip(socket: Socket): void {
    const timer = setInterval(() => {
      socket.write(Buffer.alloc(1024));
      this.sentBytes += 1024;
    }, 50);
    socket.once('close', () => clearInterval(timer));
  }

  #flood(socket: Socket, chunk: Uint8Array): void {
    socket.write(chunk, (error) => {
      if (error) return;
      this.sentBytes += chunk.length;
      this.#flood(socket, chunk);
    });
  }
}
