import { describe, expect, it } from 'vitest';

import { MqttPublisher } from '../../packages/daemon/src/outputs/mqtt/mqtt-publisher.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import {
  describeHost,
  FAST_TIMING,
  hostInfo,
  publisherOptions,
  recordingLog,
  snapshotAt,
  until,
  VITALS,
} from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { closedAfterEach } from '../support/track.ts';

const track = closedAfterEach();

async function broker(config?: readonly string[]): Promise<Mosquitto> {
  const mosquitto = await Mosquitto.start(config === undefined ? {} : { config });
  track(mosquitto);
  return mosquitto;
}

async function subscriber(
  port: number,
  topics: readonly string[],
  version: '5' | '3.1.1' = '5',
): Promise<MosquittoSub> {
  const sub = await MosquittoSub.start({ port, topics, version });
  track(sub);
  return sub;
}

function publisher(options: ReturnType<typeof publisherOptions>): { it: MqttPublisher; lines: string[] } {
  const { log, lines } = recordingLog();
  const it = new MqttPublisher(options, log, FAST_TIMING);
  track({ close: () => it.stop() });
  return { it, lines };
}

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('what a subscriber sees', () => {
  it('is every topic as the protocol says, with MQTT 5', async () => {
    const { port, url } = await broker();
    const sub = await subscriber(port, ['#']);
    const { it: mqtt } = publisher(publisherOptions([url], { scalars: true }));
    await mqtt.start();
    mqtt.describe(describeHost());
    await sub.until('info', () => sub.on('ifcast/gw/info').length > 0);
    mqtt.health(VITALS);
    mqtt.publish([snapshotAt(0)]);
    for (let ms = 500; ms <= 30_000; ms += 500) mqtt.publish([snapshotAt(ms)]);
    await sub.until('the last stats', () => sub.on('ifcast/gw/eth0/stats').length === 61);
    await sub.until(
      'what comes behind it',
      () => sub.on('ifcast/gw/eth0/filter/web/bits_per_s_max').length > 0,
    );

    expect(new Set(sub.messages.map(({ topic }) => topic))).toEqual(
      new Set([
        'ifcast/gw/status',
        'ifcast/gw/info',
        'ifcast/gw/health',
        'ifcast/gw/eth0/stats',
        ...['all', 'web'].flatMap((id) => [
          `ifcast/gw/eth0/filter/${id}`,
          ...['packets_total', 'bytes_total', 'packets_per_s', 'bits_per_s', 'bits_per_s_max'].map(
            (field) => `ifcast/gw/eth0/filter/${id}/${field}`,
          ),
        ]),
      ]),
    );
    const json = { 'content-type': 'application/json', 'payload-format-indicator': 1 };
    expect(sub.on('ifcast/gw/status')).toMatchObject([{ payload: 'online', qos: 1, retain: 1 }]);
    expect(sub.on('ifcast/gw/status')[0]?.properties ?? {}).toEqual({});
    expect(sub.on('ifcast/gw/info')).toMatchObject([{ qos: 1, retain: 1, properties: json }]);
    expect(sub.newest('ifcast/gw/info')).toEqual(hostInfo());
    expect(sub.on('ifcast/gw/health')).toMatchObject([
      { qos: 0, retain: 1, properties: { ...json, 'message-expiry-interval': 180 } },
    ]);
    expect(sub.newest('ifcast/gw/health')).toMatchObject({
      uptime_s: 61,
      rss_bytes: 50_000_000,
      mqtt_reconnects_total: 0,
      mqtt_skipped_total: 0,
      capture_restarts_total: 2,
      problem: null,
    });
    const stats = sub.on('ifcast/gw/eth0/stats');
    expect(stats.slice(1).every(({ qos }) => qos === 0)).toBe(true);
    expect(stats[0]?.qos).toBe(1);
    expect(stats.every(({ retain }) => retain === 0)).toBe(true);
    expect(stats[0]?.properties).toEqual(json);
    expect(sub.newest('ifcast/gw/eth0/stats')).toEqual({
      v: 1,
      ts: '2026-11-21T08:00:30.000Z',
      seq: 61,
      interval_ms: 500,
      since: '2026-11-21T08:00:00.000Z',
      dropped_total: 0,
      filters: ['all', 'web'].map((id) => ({
        id,
        packets_total: 300,
        bytes_total: 30_000,
        packets_in_total: 150,
        bytes_in_total: 15_000,
        sizes_total: [0, 300, 0, 0, 0, 0, 0],
        packets_per_s: 10,
        bits_per_s: 8000,
      })),
    });
    expect(sub.on('ifcast/gw/eth0/filter/web')).toMatchObject([
      { qos: 0, retain: 1, properties: { ...json, 'message-expiry-interval': 90 } },
      { qos: 0, retain: 1, properties: { ...json, 'message-expiry-interval': 90 } },
    ]);
    expect(sub.newest('ifcast/gw/eth0/filter/web')).toEqual({
      v: 1,
      ts: '2026-11-21T08:00:30.000Z',
      since: '2026-11-21T08:00:00.000Z',
      dropped_total: 0,
      id: 'web',
      packets_total: 300,
      bytes_total: 30_000,
      packets_in_total: 150,
      bytes_in_total: 15_000,
      sizes_total: [0, 300, 0, 0, 0, 0, 0],
      packets_per_s: 10,
      bits_per_s: 8000,
      bits_per_s_max: 8000,
    });
    expect(sub.on('ifcast/gw/eth0/filter/web/bits_per_s')).toMatchObject([
      { payload: '8000', qos: 0, retain: 1, properties: { 'message-expiry-interval': 90 } },
    ]);
    for (const { payload } of sub.messages) expect(payload).not.toMatch(/[\n\0]/);
  });

  it('has no retained states with MQTT 3.1.1, where they would never expire', async () => {
    const { port, url } = await broker();
    const { it: mqtt } = publisher(publisherOptions([url], { version: '3.1.1' }));
    const live = await subscriber(port, ['#']);
    await mqtt.start();
    mqtt.describe(describeHost());
    await live.until('info', () => live.on('ifcast/gw/info').length > 0);
    mqtt.health(VITALS);
    mqtt.publish([snapshotAt(0)]);
    await live.until('the state', () => live.on('ifcast/gw/eth0/filter/web').length > 0);
    const late = await subscriber(port, ['#'], '3.1.1');
    await late.until('info', () => late.on('ifcast/gw/info').length > 0);
    mqtt.publish([snapshotAt(500)]);
    await late.until('stats', () => late.on('ifcast/gw/eth0/stats').length > 0);
    expect(late.messages.map(({ topic, retain }) => [topic, retain])).toEqual([
      ['ifcast/gw/status', 1],
      ['ifcast/gw/info', 1],
      ['ifcast/gw/eth0/stats', 0],
    ]);
  });

  it('has no retained states with mqtt.retain = false', async () => {
    const { port, url } = await broker();
    const live = await subscriber(port, ['#']);
    const { it: mqtt } = publisher(publisherOptions([url], { retain: false, scalars: true }));
    mqtt.describe(describeHost());
    mqtt.publish([snapshotAt(0)]);
    mqtt.health(VITALS);
    await mqtt.start();
    await live.until('health', () => live.on('ifcast/gw/health').length > 0);
    expect(live.on('ifcast/gw/eth0/filter/web/bytes_total')).toHaveLength(1);
    expect(live.messages.filter(({ retain }) => retain === 1).map(({ topic }) => topic)).toEqual([
      'ifcast/gw/status',
      'ifcast/gw/info',
    ]);
  });

  it('begins with status, info and the newest states after every connect, in that order', async () => {
    const mosquitto = await broker();
    const { it: mqtt, lines } = publisher(publisherOptions([mosquitto.url]));
    mqtt.describe(describeHost());
    mqtt.publish([snapshotAt(0)]);
    await mqtt.start();
    await until('the connect', () => lines.some((line) => line.includes('connected to')));
    await mosquitto.kill();
    await until('the loss', () => lines.some((line) => line.includes('lost')));
    for (let ms = 500; ms <= 30_000; ms += 500) mqtt.publish([snapshotAt(ms)]);
    mqtt.health(VITALS);
    await mosquitto.start();
    await until('the reconnect', () => lines.filter((line) => line.includes('connected to')).length === 2);
    const order = ['status', 'info', 'eth0/filter/all', 'eth0/filter/web', 'health'];
    const published = () =>
      [...mosquitto.log.matchAll(/Received PUBLISH from ifcast-gw \(.*?'ifcast\/gw\/(.*?)'/g)].map(
        ([, topic]) => topic,
      );
    // At the first connect there was no health yet.
    await until('all', () => published().length === 2 * order.length - 1);
    expect(published().slice(-order.length)).toEqual(order);
    const late = await subscriber(mosquitto.port, ['ifcast/gw/eth0/filter/web']);
    await late.until('the state', () => late.messages.length > 0);
    expect(late.newest('ifcast/gw/eth0/filter/web')).toMatchObject({ packets_total: 300, packets_per_s: 10 });
  });

  it('loses the retained states of filters and interfaces that went', async () => {
    const { port, url } = await broker();
    const live = await subscriber(port, ['#']);
    const { it: mqtt } = publisher(publisherOptions([url], { scalars: true }));
    await mqtt.start();
    mqtt.describe(describeHost(['eth0', 'eth1']));
    await live.until('info', () => live.on('ifcast/gw/info').length > 0);
    for (const ms of [0, 30_000]) mqtt.publish([snapshotAt(ms, 'eth0'), snapshotAt(ms, 'eth1')]);
    mqtt.describe(describeHost(['eth0'], ['web']));
    await live.until('info', () => live.on('ifcast/gw/info').length > 1);
    const late = await subscriber(port, ['#']);
    await late.until('info', () => late.on('ifcast/gw/info').length > 0);
    await late.until('the states', () => late.messages.length >= 8);
    expect(
      late.messages
        .map(({ topic }) => topic)
        .filter((topic) => topic.includes('/filter/'))
        .sort(),
    ).toEqual(
      ['', '/bits_per_s', '/bits_per_s_max', '/bytes_total', '/packets_per_s', '/packets_total'].map(
        (field) => `ifcast/gw/eth0/filter/web${field}`,
      ),
    );
  });

  it('has offline retained after a clean stop', async () => {
    const { port, url } = await broker();
    const { it: mqtt, lines } = publisher(publisherOptions([url]));
    mqtt.describe(describeHost());
    await mqtt.start();
    await until('the connect', () => lines.some((line) => line.includes('connected to')));
    await mqtt.stop();
    const late = await subscriber(port, ['ifcast/gw/status'], '3.1.1');
    await late.until('status', () => late.messages.length > 0);
    expect(late.messages).toMatchObject([{ payload: 'offline', retain: 1 }]);
  });
});
