import { once } from 'node:events';
import { createServer } from 'node:net';

import { connectAsync } from 'mqtt';
import { describe, expect, it } from 'vitest';

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
