import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';

import { Mosquitto } from './mosquitto.ts';
import { requirements } from './requirements.ts';

describe.runIf(requirements('mosquitto'))('mosquitto', () => {
  const brokers: Mosquitto[] = [];
  afterEach(async () => {
    await Promise.all(brokers.splice(0).map((broker) => broker.close()));
  });

  async function start(): Promise<Mosquitto> {
    const broker = await Mosquitto.start();
    brokers.push(broker);
    return broker;
  }

  async function roundTrip(broker: Mosquitto): Promise<string> {
    const client = await connectAsync(broker.url, { reconnectPeriod: 0 }, false);
    try {
      const received = new Promise<string>((resolve) => {
        client.on('message', (_topic, payload) => resolve(payload.toString()));
      });
      await client.subscribeAsync('there');
      await client.publishAsync('there', 'and back');
      return await received;
    } finally {
      client.end(true);
    }
  }

  test('accepts when it has started, and again on the same port after a kill', async () => {
    const broker = await start();
    expect(await roundTrip(broker)).toBe('and back');
    await broker.kill();
    await expect(roundTrip(broker)).rejects.toThrow('ECONNREFUSED');
    await broker.start();
    expect(await roundTrip(broker)).toBe('and back');
  });

  test('is silent while paused', async () => {
    const broker = await start();
    const other = await start();
    broker.pause();
    const paused = roundTrip(broker).then(() => 'paused');
    const awake = roundTrip(other).then(() => 'awake');
    expect(await Promise.race([paused, awake])).toBe('awake');
    broker.resume();
    expect(await paused).toBe('paused');
  });

  test('says why a configuration does not start it', async () => {
    await expect(Mosquitto.start({ config: ['no_such_option true'] })).rejects.toThrow('no_such_option');
  });
});
