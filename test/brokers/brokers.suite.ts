import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { MqttPublisher } from '../../packages/daemon/src/publish/mqtt-publisher.ts';
import { itKeepsTheContract } from '../support/broker-contract.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import { describeHost, publisherOptions, recordingLog, snapshotAt, until } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { NatsNode } from './nats.ts';
import { RabbitMq } from './rabbitmq.ts';

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
    broker = await RabbitMq.start();
  }, 120_000);
  afterAll(() => broker?.close());
  itKeepsTheContract({ port: () => broker.port, version: '3.1.1', retainedForWildcards: false });
});

describe.runIf(requirements('nats-server', 'mosquitto_sub'))('a cluster of three NATS nodes', () => {
  let nodes: NatsNode[] = [];
  beforeAll(async () => {
    nodes = await NatsNode.start(3);
  });
  afterAll(() => Promise.all(nodes.map((node) => node.close())));

  it('loses one node, and a subscriber of another has fresh stats within 10 s', async () => {
    const { log, lines } = recordingLog();
    const urls = nodes.map(({ port }) => `mqtt://127.0.0.1:${port}`);
    const publisher = new MqttPublisher(publisherOptions(urls), log);
    publisher.describe(describeHost());
    let ms = 0;
    const timer = setInterval(() => {
      ms += 500;
      publisher.publish([snapshotAt(ms)]);
    }, 100);
    try {
      await publisher.start();
      await until('the connect', () => lines.some((line) => line.includes('connected to')), 30_000);
      const used = nodes.find(({ port }) => lines.at(-1)?.includes(`:${port} `));
      const other = nodes.find((node) => node !== used);
      const sub = await MosquittoSub.start({ port: other!.port, topics: ['ifcast/gw/#'], version: '3.1.1' });
      await sub.until('stats', () => sub.on('ifcast/gw/eth0/stats').length > 3, 30_000);
      await used?.kill();
      const seen = sub.on('ifcast/gw/eth0/stats').length;
      await sub.until('fresh stats', () => sub.on('ifcast/gw/eth0/stats').length > seen + 3, 10_000);
      const totals = sub
        .on('ifcast/gw/eth0/stats')
        .map(({ payload }) => JSON.parse(payload).filters[0].packets_total);
      expect(totals).toEqual([...totals].sort((a, b) => a - b));
      sub.close();
    } finally {
      clearInterval(timer);
      await publisher.stop();
    }
  });
});
