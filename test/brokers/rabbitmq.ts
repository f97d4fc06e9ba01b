/** rabbitmq-server with its MQTT plugin, apart from one that the system may run. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort } from '../support/free-port.ts';
import { ServerProcess } from './server-process.ts';

/** Debian's wrapper would change to another user. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';

export class RabbitMq {
  readonly port: number;
  readonly #process: ServerProcess;
  readonly #epmdPort: number;

  private constructor(port: number, server: ServerProcess, epmdPort: number) {
    this.port = port;
    this.#process = server;
    this.#epmdPort = epmdPort;
  }

  static async start(): Promise<RabbitMq> {
    const server = new ServerProcess('rabbitmq');
    const [amqp, mqtt, distribution, epmd] = await Promise.all([
      freePort(),
      freePort(),
      freePort(),
      freePort(),
    ]);
    const config = join(server.directory, 'rabbitmq.conf');
    const plugins = join(server.directory, 'enabled_plugins');
    writeFileSync(
      config,
      [
        `listeners.tcp.1 = 127.0.0.1:${amqp}`,
        `mqtt.listeners.tcp.1 = 127.0.0.1:${mqtt}`,
        'mqtt.allow_anonymous = true',
        'mqtt.default_user = guest',
        'mqtt.default_pass = guest',
        '',
      ].join('\n'),
    );
    writeFileSync(plugins, '[rabbitmq_mqtt].\n');
    const env = {
      HOME: server.directory,
      RABBITMQ_NODENAME: `ifcast${process.pid}@localhost`,
      RABBITMQ_MNESIA_BASE: join(server.directory, 'mnesia'),
      RABBITMQ_LOG_BASE: join(server.directory, 'log'),
      RABBITMQ_CONFIG_FILE: config,
      RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
      RABBITMQ_PID_FILE: join(server.directory, 'pid'),
      RABBITMQ_DIST_PORT: `${distribution}`,
      ERL_EPMD_PORT: `${epmd}`,
      ERL_EPMD_ADDRESS: '127.0.0.1',
    };
    const broker = new RabbitMq(mqtt, server, epmd);
    try {
      await server.start(PROGRAM, [], env, mqtt);
    } catch (error) {
      await broker.close();
      throw error;
    }
    return broker;
  }

  async close(): Promise<void> {
    await this.#process.kill();
    // Erlang's port mapper is a process of its own that outlives its nodes, and does not end before it has missed them.
    const deadline = Date.now() + 5000;
    while (!endedMapper(this.#epmdPort) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.#process.close();
  }
}

function endedMapper(port: number): boolean {
  const { stdout, status } = spawnSync('epmd', ['-port', `${port}`, '-kill'], { encoding: 'utf8' });
  return status !== 0 ? stdout.includes('Cannot connect') : stdout.includes('Killed');
}
