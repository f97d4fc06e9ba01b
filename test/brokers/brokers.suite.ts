import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import type { Stats } from '@ifcast/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { MqttPublisher } from '../../packages/daemon/src/outputs/mqtt/mqtt-publisher.ts';
import { itKeepsTheContract } from '../support/broker-contract.ts';
import { IFCAST } from '../support/ifcast.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import { describeHost, publisherOptions, recordingLog, snapshotAt, until } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { NatsNode } from './nats.ts';
import { RabbitMq } from './rabbitmq.ts';

/** A daemon of host `gw` with a tick every 100 ms. */
class TickingDaemon {
  readonly #publisher: MqttPublisher;
  readonly #lines: string[];
  readonly #timer: NodeJS.Timeout;
  #ms = 0;

  constructor(ports: readonly number[]) {
    const { log, lines } = recordingLog();
    this.#lines = lines;
    this.#publisher = new MqttPublisher(
      publisherOptions(ports.map((port) => `mqtt://127.0.0.1:${port}`)),
      log,
    );
    this.#publisher.describe(describeHost());
    void this.#publisher.start();
    this.#timer = setInterval(() => {
      this.#ms += 500;
      this.#publisher.publish([snapshotAt(this.#ms)]);
    }, 100);
  }

  /** Waits for the connection; a cluster that has just started elects its leaders first. */
  async connected(): Promise<number> {
    const line = () => this.#lines.findLast((each) => each.includes('connected to'));
    await until('the connect', () => line() !== undefined, 30_000);
    return Number(/:(\d+) with/.exec(line()!)?.[1]);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#publisher.stop();
  }
}

describe.runIf(requirements('nats-server', 'mosquitto_sub'))('NATS with JetStream', () => {
  let nodes: NatsNode[] = [];
  beforeAll(async () => {
    nodes = await NatsNode.start(1);
  });
  afterAll(() => Promise.all(nodes.map((node) => node.close())));
  itKeepsTheContract({ port: () => nodes[0]!.port, version: '3.1.1' });
});

describe.runIf(requirements('rabbitmq-server', 'mosquitto_sub'))('RabbitMQ with its MQTT plugin', () => {
  let broker: RabbitMq;
  beforeAll(async () => {
    broker = await RabbitMq.start(1);
  }, 120_000);
  afterAll(() => broker?.close());
  itKeepsTheContract({ port: () => broker.nodes[0]!.port, version: '3.1.1', retainedForWildcards: false });
});

describe.runIf(requirements('nats-server', 'mosquitto_sub'))('a cluster of three NATS nodes', () => {
  let nodes: NatsNode[] = [];
  beforeAll(async () => {
    nodes = await NatsNode.start(3);
  });
  afterAll(() => Promise.all(nodes.map((node) => node.close())));

  it('loses the node that the daemon is at, and a subscriber of another goes on', async () => {
    const daemon = new TickingDaemon(nodes.map(({ port }) => port));
    try {
      const used = await daemon.connected();
      const node = nodes.find(({ port }) => port === used)!;
      const { port } = nodes.find((each) => each !== node)!;
      const sub = await MosquittoSub.start({ port, topics: ['ifcast/gw/#'], version: '3.1.1' });
      const stats = () => sub.on('ifcast/gw/eth0/stats');
      await sub.until('stats', () => stats().length > 3, 30_000);
      await node.kill();
      const seen = stats().length;
      // Its nodes elect new leaders first.
      await sub.until('fresh stats', () => stats().length > seen + 3, 20_000);
      sub.close();
    } finally {
      await daemon.stop();
    }
  });
});

describe.runIf(requirements('rabbitmq-server'))('a cluster of three RabbitMQ nodes', () => {
  let cluster: RabbitMq;
  beforeAll(async () => {
    cluster = await RabbitMq.start(3);
  }, 180_000);
  afterAll(() => cluster?.close());

  it('loses the node that daemon and dashboard are at, and the dashboard goes on within 10 s', async () => {
    const { nodes } = cluster;
    const ports = nodes.map(({ port }) => port);
    const daemon = new TickingDaemon(ports);
    const brokers = ports.flatMap((port) => ['--broker', `mqtt://127.0.0.1:${port}`]);
    const args = [IFCAST, '--json', '--mqtt-version', '3.1.1', ...brokers];
    const dashboard = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const events: { type: string; broker?: string; stats?: Stats }[] = [];
      createInterface({ input: dashboard.stdout }).on('line', (line) => events.push(JSON.parse(line)));
      const stats = () => events.filter(({ type }) => type === 'stats');
      await daemon.connected();
      await until('the dashboard', () => stats().length > 3, 30_000);
      const at = events.findLast(({ type }) => type === 'connected')?.broker;
      const node = nodes.find(({ port }) => at === `mqtt://127.0.0.1:${port}`);
      await node!.kill();
      const seen = stats().length;
      await until('fresh stats', () => stats().length > seen + 3, 10_000);
      const totals = stats().map((event) => Number(event.stats?.filters[0]?.packets_total));
      expect(totals).toEqual([...totals].sort((a, b) => a - b));
    } finally {
      dashboard.kill('SIGKILL');
      await daemon.stop();
    }
  });
});
