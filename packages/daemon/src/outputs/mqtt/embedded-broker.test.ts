import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

import { connectAsync } from 'mqtt';
import { describe, expect, it, vi } from 'vitest';

import { EmbeddedBroker } from './embedded-broker.ts';

describe('EmbeddedBroker', () => {
  it('keeps retained messages and ends with its clients still connected', async () => {
    const broker = new EmbeddedBroker();
    const { url } = await broker.start(0);
    const client = await connectAsync(url, { reconnectPeriod: 0 });
    await client.publishAsync('a/b', 'kept', { qos: 1, retain: true });
    const received = new Promise((resolve) => {
      client.on('message', (topic, payload, { retain }) => resolve([topic, String(payload), retain]));
    });
    await client.subscribeAsync('a/#');
    expect(await received).toEqual(['a/b', 'kept', true]);
    const closed = new Promise<void>((resolve) => client.on('close', resolve));
    await broker.stop();
    await closed;
  });

  it('has limits, and tells each that is met', async () => {
    const said: string[] = [];
    const limits = { maxConnections: 3, connectTimeoutS: 1, maxRetainedBytes: 200, maxPacketBytes: 1000 };
    const broker = new EmbeddedBroker({ limits, onLimit: (sentence) => said.push(sentence) });
    const { url, port } = await broker.start(0);
    const closed = (socket: Socket) =>
      once(
        socket.on('error', () => {}),
        'close',
      );
    const client = await connectAsync(url, { reconnectPeriod: 0 });
    const idle = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    await closed(connect(port, '127.0.0.1'));
    await Promise.all(idle.map(closed));

    await client.publishAsync('a', 'x'.repeat(150), { qos: 1, retain: true });
    await client.publishAsync('b', 'y'.repeat(150), { qos: 1, retain: true });
    await client.publishAsync('a', '', { qos: 1, retain: true });
    await client.publishAsync('c', 'z'.repeat(150), { qos: 1, retain: true });
    const kept: string[] = [];
    client.on('message', (topic) => kept.push(topic));
    await client.subscribeAsync('#', { qos: 1 });
    await vi.waitFor(() => expect(kept).toEqual(['c']));

    client.on('error', () => {});
    client.publish('d', 'x'.repeat(1001));
    await new Promise<void>((resolve) => client.once('close', () => resolve()));
    expect(said).toEqual([
      'embedded broker: clients beyond 3 at a time are refused (mqtt.embedded.max_connections)',
      'embedded broker: clients may publish, but beyond 200 bytes nothing is retained (mqtt.embedded.max_retained_bytes)',
      'embedded broker: clients whose packets are longer than 1000 bytes are cut off (mqtt.embedded.max_packet_bytes)',
    ]);
    await broker.stop();
  });

  it('asks for a login where there is one', async () => {
    const broker = new EmbeddedBroker({ login: { username: 'me', password: 'secret' } });
    const { url } = await broker.start(0);
    const tried = (username?: string, password?: string) =>
      connectAsync(url, { reconnectPeriod: 0, ...(username && { username }), ...(password && { password }) });
    await expect(tried()).rejects.toThrow();
    await expect(tried('me', 'Secret')).rejects.toThrow();
    await expect(tried('you', 'secret')).rejects.toThrow();
    await (await tried('me', 'secret')).endAsync();
    await broker.stop();
  });

  it('keeps nothing for a client that is away', async () => {
    const broker = new EmbeddedBroker();
    const { url } = await broker.start(0);
    const options = { reconnectPeriod: 0, clientId: 'away', clean: false };
    const away = await connectAsync(url, options);
    await away.subscribeAsync('a', { qos: 1 });
    await away.endAsync();
    const client = await connectAsync(url, { reconnectPeriod: 0 });
    await client.publishAsync('a', 'x', { qos: 1 });
    const back = await connectAsync(url, options);
    const heard: string[] = [];
    back.on('message', (topic) => heard.push(topic));
    await back.subscribeAsync('b', { qos: 1 });
    await client.publishAsync('b', 'x', { qos: 1 });
    await vi.waitFor(() => expect(heard).toContain('b'));
    expect(heard).toEqual(['b']);
    await broker.stop();
  });

  it('takes a free port where its own is taken, and can be started again', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const takenPort = typeof address === 'object' && address !== null ? address.port : 0;
    const broker = new EmbeddedBroker();
    try {
      const { url, port } = await broker.start(takenPort);
      expect(port).not.toBe(takenPort);
      expect(url).toBe(`mqtt://127.0.0.1:${port}`);
      await broker.stop();
      const again = await broker.start(port);
      expect(again.port).toBe(port);
    } finally {
      await broker.stop();
      taken.close();
    }
  });
});
