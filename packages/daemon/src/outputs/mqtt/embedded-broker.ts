import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

import { Aedes } from 'aedes';

/** The port that MQTT clients try first. */
const MQTT_PORT = 1883;

/** A broker of our own for those who have none: aedes, MQTT 3.1.1, nothing kept on disk, loopback only. */
export class EmbeddedBroker {
  #broker: Aedes | undefined;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  /**
   * Listens on 127.0.0.1, on port 1883 or, where that is taken, on a free one.
   *
   * @param preferredPort - 0 for any free port
   * @returns the URL for its clients
   * @throws the error of the system when no port can be had
   */
  async start(preferredPort: number = MQTT_PORT): Promise<{ readonly url: string; readonly port: number }> {
    const broker = await Aedes.createBroker();
    this.#broker = broker;
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      broker.handle(socket);
    });
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
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
