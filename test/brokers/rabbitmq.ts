/** rabbitmq-server with its MQTT plugin, apart from one that the system may run: one node, or a cluster on loopback. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort } from '../support/free-port.ts';
import { ServerProcess } from './server-process.ts';

/** Debian's wrapper would change to another user. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** One node. */
export class RabbitMqNode {
  readonly port: number;
  readonly #process: ServerProcess;

  constructor(port: number, server: ServerProcess) {
    this.port = port;
    this.#process = server;
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}

export class RabbitMq {
  readonly nodes: readonly RabbitMqNode[];
  readonly #epmdPort: number;

  /** Starts as many nodes; with more than one they form a cluster. */
  static async start(count: number): Promise<RabbitMq> {
    const epmdPort = await freePort();
    const names = Array.from({ length: count }, (_, i) => `ifcast${process.pid}n${i}@localhost`);
    const nodes: RabbitMqNode[] = [];
    try {
      // One after the other: those that come later join the first.
      for (const name of names) nodes.push(await startNode(name, names, epmdPort));
    } catch (error) {
      await new RabbitMq(nodes, epmdPort).close();
      throw error;
    }
    return new RabbitMq(nodes, epmdPort);
  }

  private constructor(nodes: readonly RabbitMqNode[], epmdPort: number) {
    this.nodes = nodes;
    this.#epmdPort = epmdPort;
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()));
    // Erlang's port mapper is a process of its own that outlives its nodes, and does not end before it has missed them.
    const deadline = Date.now() + 5000;
    while (!endedMapper(this.#epmdPort) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function startNode(name: string, all: readonly string[], epmdPort: number): Promise<RabbitMqNode> {
  const server = new ServerProcess('rabbitmq');
  const [amqp, mqtt, distribution] = await Promise.all([freePort(), freePort(), freePort()]);
  const config = join(server.directory, 'rabbitmq.conf');
  const plugins = join(server.directory, 'enabled_plugins');
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${amqp}`,
    `mqtt.listeners.tcp.1 = 127.0.0.1:${mqtt}`,
    'mqtt.allow_anonymous = true',
    'mqtt.default_user = guest',
    'mqtt.default_pass = guest',
    'cluster_formation.peer_discovery_backend = classic_config',
    ...all.map((each, i) => `cluster_formation.classic_config.nodes.${i + 1} = ${each}`),
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  writeFileSync(plugins, '[rabbitmq_mqtt].\n');
  const env = {
    HOME: server.directory,
    RABBITMQ_NODENAME: name,
    RABBITMQ_MNESIA_BASE: join(server.directory, 'mnesia'),
    RABBITMQ_LOG_BASE: join(server.directory, 'log'),
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
    RABBITMQ_PID_FILE: join(server.directory, 'pid'),
    RABBITMQ_DIST_PORT: `${distribution}`,
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-setcookie ifcast',
    ERL_EPMD_PORT: `${epmdPort}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
  try {
    await server.start(PROGRAM, [], env, mqtt);
  } catch (error) {
    await server.close();
    throw error;
  }
  return new RabbitMqNode(mqtt, server);
}

function endedMapper(port: number): boolean {
  const { stdout, status } = spawnSync('epmd', ['-port', `${port}`, '-kill'], { encoding: 'utf8' });
  return status !== 0 ? stdout.includes('Cannot connect') : stdout.includes('Killed');
}
