/** What every broker must do with a publisher, and the publisher with every broker. */
import { expect, it } from 'vitest';

import { MqttPublisher } from '../../packages/daemon/src/outputs/mqtt/mqtt-publisher.ts';
import { MosquittoSub } from './mosquitto-sub.ts';
import {
  describeHost,
  FAST_TIMING,
  publisherOptions,
  recordingLog,
  snapshotAt,
  until,
  VITALS,
} from './publishing.ts';
import { TcpProxy } from './tcp-proxy.ts';
import { closedAfterEach } from './track.ts';

/** One kind of broker under test. */
export interface BrokerUnderTest {
  /** Where it listens, once it does. */
  port(): number;
  /** `mqtt.version`, default `auto`. */
  readonly setting?: 'auto' | '3.1.1';
  /** The version that it must arrive at. */
  readonly version: '5' | '3.1.1';
  readonly login?: { readonly username: string; readonly password: string };
  /** Whether it gives retained messages to a subscription with wildcards. Default `true`. */
  readonly retainedForWildcards?: boolean;
}

/** Registers the tests. */
export function itKeepsTheContract(broker: BrokerUnderTest): void {
  const track = closedAfterEach();
  const { login, setting = 'auto', retainedForWildcards = true } = broker;
  let runs = 0;

  /** A publisher of its own host, so that nothing is left from the test before. */
  function publish(url?: string): { publisher: MqttPublisher; lines: string[]; root: string } {
    runs++;
    const host = `contract-${runs}`;
    const { log, lines } = recordingLog();
    const options = publisherOptions(
      [url ?? `mqtt://127.0.0.1:${broker.port()}`],
      { clientId: `ifcast-${host}`, version: setting, ...login },
      { enabled: true },
    );
    const publisher = new MqttPublisher({ ...options, host }, log, FAST_TIMING);
    track({ close: () => publisher.stop() });
    publisher.describe(describeHost(['eth0'], ['all', 'web'], { host, bootId: host }));
    publisher.publish([snapshotAt(0)]);
    publisher.health(VITALS);
    return { publisher, lines, root: `ifcast/${host}` };
  }

  async function subscribe(...topics: string[]): Promise<MosquittoSub> {
    const args = login === undefined ? [] : ['-u', login.username, '-P', login.password];
    const sub = await MosquittoSub.start({ port: broker.port(), topics, version: '3.1.1', args });
    track(sub);
    return sub;
  }

  it(`arrives at MQTT ${broker.version} by itself and publishes everything`, async () => {
    const { publisher, lines, root } = publish();
    const live = await subscribe(`${root}/#`, 'homeassistant/#');
    await publisher.start();
    await live.until('health', () => live.on(`${root}/health`).length > 0);
    publisher.publish([snapshotAt(500)]);
    await live.until('stats', () => live.on(`${root}/eth0/stats`).length > 0);
    expect(lines).toEqual([expect.stringContaining(` with MQTT ${broker.version} as `)]);
    expect(new Set(live.messages.map(({ topic }) => topic))).toEqual(
      new Set([
        ...['status', 'info', 'health', 'eth0/stats', 'eth0/filter/all', 'eth0/filter/web'].map(
          (each) => `${root}/${each}`,
        ),
        `homeassistant/device/ifcast_contract-${runs}/config`,
        `homeassistant/device/ifcast_contract-${runs}_eth0/config`,
      ]),
    );
  });

  it('keeps status, info and discovery for late subscribers', async () => {
    const { publisher, root } = publish();
    const live = await subscribe(`${root}/#`);
    await publisher.start();
    await live.until('health', () => live.on(`${root}/health`).length > 0);
    const discovery = `homeassistant/device/ifcast_contract-${runs}_eth0/config`;
    const late = await subscribe(`${root}/status`, `${root}/info`, discovery);
    await late.until('all', () => late.messages.length === 3);
    expect(late.messages.map(({ topic, retain }) => [topic, retain]).sort()).toEqual(
      [discovery, `${root}/info`, `${root}/status`].map((topic) => [topic, 1]).sort(),
    );
    if (!retainedForWildcards) return;
    const wildcard = await subscribe(`${root}/+`);
    await wildcard.until('both', () => wildcard.messages.filter(({ retain }) => retain === 1).length >= 2);
  });

  it('says offline when the daemon is lost, and online when it is back', async () => {
    const proxy = await TcpProxy.start(broker.port());
    track({ close: () => proxy.cut() });
    const { publisher, root } = publish(proxy.url);
    const status = await subscribe(`${root}/status`);
    const words = () => status.messages.map(({ payload }) => payload);
    await publisher.start();
    await status.until('online', () => words().at(-1) === 'online');
    await proxy.cut();
    await status.until('offline', () => words().at(-1) === 'offline');
    await proxy.open();
    await status.until('online', () => words().at(-1) === 'online');
  });

  it('says offline after a clean stop', async () => {
    const { publisher, lines, root } = publish();
    await publisher.start();
    await until('the connect', () => lines.some((line) => line.includes('connected to')));
    await publisher.stop();
    const late = await subscribe(`${root}/status`);
    await late.until('status', () => late.messages.length > 0);
    expect(late.messages).toMatchObject([{ payload: 'offline', retain: 1 }]);
  });
}
