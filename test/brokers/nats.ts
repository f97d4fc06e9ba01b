/** nats-server with JetStream and its MQTT gateway: one node, or a cluster on loopback. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort } from '../support/free-port.ts';
import { ServerProcess } from './server-process.ts';

/** One node of a cluster. */
export class NatsNode {
  readonly port: number;
  readonly #process: ServerProcess;

  private constructor(port: number, server: ServerProcess) {
    this.port = port;
    this.#process = server;
  }

  /** Starts as many nodes; with more than one they form a cluster. */
  static async start(count: number): Promise<NatsNode[]> {
    const plans = await Promise.all(
      Array.from({ length: count }, async (_, i) => ({
        name: `n${i}`,
        client: await freePort(),
        cluster: await freePort(),
        mqtt: await freePort(),
        server: new ServerProcess(`nats-${i}`),
      })),
    );
    const routes = plans.map(({ cluster }) => `"nats://127.0.0.1:${cluster}"`).join(', ');
    try {
      await Promise.all(
        plans.map(async ({ name, client, cluster, mqtt, server }) => {
          const config = [
            `server_name: ${name}`,
            `listen: "127.0.0.1:${client}"`,
            `jetstream { store_dir: "${server.directory}" }`,
            `mqtt { listen: "127.0.0.1:${mqtt}" }`,
            count > 1 ? `cluster { name: ifcast, listen: "127.0.0.1:${cluster}", routes: [${routes}] }` : '',
          ];
          const file = join(server.directory, 'nats.conf');
          writeFileSync(file, `${config.join('\n')}\n`);
          await server.start('nats-server', ['-c', file], {}, mqtt);
        }),
      );
    } catch (error) {
      for (const { server } of plans) server.closeSync();
      throw error;
    }
    return plans.map(({ mqtt, server }) => new NatsNode(mqtt, server));
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}
