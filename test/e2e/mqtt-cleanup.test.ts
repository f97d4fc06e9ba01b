import { connectAsync } from 'mqtt';
import { describe, expect, it } from 'vitest';

import { runCleanup } from '../../packages/daemon/src/commands/cleanup.ts';
import { EmbeddedBroker } from '../../packages/daemon/src/outputs/mqtt/embedded-broker.ts';
import { MqttPublisher } from '../../packages/daemon/src/outputs/mqtt/mqtt-publisher.ts';
import { freePort } from '../support/free-port.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import {
  describeHost,
  FAST_TIMING,
  publisherOptions,
  recordingLog,
  snapshotAt,
  VITALS,
} from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { closedAfterEach } from '../support/track.ts';

const track = closedAfterEach();

async function cleanup(url: string, force = false): Promise<string[]> {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  await runCleanup({ config: publisherOptions([url]), force }, { out: write, err: write });
  return lines;
}

/** Lets daemons publish everything there is, and end without a word when they are killed. */
async function publishAll(url: string, host: string, discovery: 'device' | 'entity'): Promise<MqttPublisher> {
  const options = publisherOptions([url], { clientId: host, scalars: true }, { enabled: true, discovery });
  const publisher = new MqttPublisher({ ...options, host }, recordingLog().log, FAST_TIMING);
  publisher.describe(describeHost(['eth0', 'eth1'], ['all'], { host }));
  publisher.publish([snapshotAt(0), snapshotAt(0, 'eth1')]);
  publisher.health(VITALS);
  await publisher.start();
  return publisher;
}

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('ifcastd cleanup', () => {
  it.each(['device', 'entity'] as const)(
    'removes every retained topic of the host, and no other: %s',
    async (discovery) => {
      const mosquitto = await Mosquitto.start();
      track(mosquitto);
      const { url, port } = mosquitto;
      const live = await MosquittoSub.start({ port, topics: ['#'] });
      track(live);
      const other = await publishAll(url, 'gw_2', discovery);
      track({ close: () => other.stop() });
      const publisher = await publishAll(url, 'gw', discovery);
      await live.until('all', () =>
        ['gw', 'gw_2'].every((host) => live.on(`ifcast/${host}/health`).length > 0),
      );
      await expect(cleanup(url)).rejects.toThrow(
        'the daemon of host "gw" is online: stop it first, or use --force if it is gone for good',
      );
      await publisher.stop();

      const before = await MosquittoSub.start({ port, topics: ['#'] });
      track(before);
      await before.until('status', () => before.on('ifcast/gw/status').length > 0);
      const lines = await cleanup(url);
      expect(lines.at(-1)).toMatch(
        /^\d+ retained topics of host "gw" removed from mqtt:\/\/127\.0\.0\.1:\d+$/,
      );
      const late = await MosquittoSub.start({ port, topics: ['#'] });
      track(late);
      await late.until('the other host', () => late.on('ifcast/gw_2/status').length > 0);
      const removed = lines.slice(0, -1).map((line) => line.replace('removed ', ''));
      const left = (sub: MosquittoSub) => [
        ...new Set(sub.messages.filter(({ payload }) => payload !== '').map(({ topic }) => topic)),
      ];
      expect(left(late).sort()).toEqual(
        left(before)
          .filter((topic) => !removed.includes(topic))
          .sort(),
      );
      expect(left(late).filter((topic) => /(ifcast\/gw\/|_gw_eth)/.test(topic))).toEqual([]);
      expect(removed).toHaveLength(left(before).length - left(late).length);
      expect(await cleanup(url)).toEqual([`0 retained topics of host "gw" removed from ${url}`]);
    },
  );

  it('removes what a daemon left that is gone for good, with --force', async () => {
    const mosquitto = await Mosquitto.start();
    track(mosquitto);
    const client = await connectAsync(mosquitto.url);
    await client.publishAsync('ifcast/gw/status', 'online', { qos: 1, retain: true });
    await client.endAsync();
    expect(await cleanup(mosquitto.url, true)).toEqual([
      'removed ifcast/gw/status',
      `1 retained topic of host "gw" removed from ${mosquitto.url}`,
    ]);
  });
});

describe('ifcastd cleanup', () => {
  it('works with a broker that speaks only MQTT 3.1.1', async () => {
    const broker = new EmbeddedBroker();
    track({ close: () => broker.stop() });
    const { url } = await broker.start(0);
    const client = await connectAsync(url);
    await client.publishAsync('ifcast/gw/status', 'offline', { qos: 1, retain: true });
    await client.endAsync();
    expect(await cleanup(url)).toHaveLength(2);
    expect(await cleanup(url)).toHaveLength(1);
  });

  it('says in one sentence that no broker can be reached', async () => {
    const url = `mqtt://127.0.0.1:${await freePort()}`;
    await expect(cleanup(url)).rejects.toThrow(
      `cannot connect to ${url}: nothing listens on port ${new URL(url).port}: is the broker running?`,
    );
  });
});
