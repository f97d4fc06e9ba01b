import { readFileSync } from 'node:fs';

import { connectAsync } from 'mqtt';
import { describe, expect, it } from 'vitest';

import type { HomeAssistantConfig } from '../../packages/daemon/src/config/home-assistant-settings.ts';
import { discoverySet } from '../../packages/daemon/src/outputs/home-assistant/discovery.ts';
import { deviceDocuments } from '../../packages/daemon/src/outputs/home-assistant/documents.ts';
import { MqttPublisher } from '../../packages/daemon/src/outputs/mqtt/mqtt-publisher.ts';
import { HomeAssistantModel } from '../support/home-assistant.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import {
  describeHost,
  FAST_TIMING,
  hostInfo,
  publisherOptions,
  recordingLog,
  snapshotAt,
  VITALS,
} from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { closedAfterEach } from '../support/track.ts';
import { validateDiscovery } from '../support/validate-discovery.ts';

/** What version 0.1 has retained of host `gw` with eth0 and eth0.100: its ids were other ones. */
const VERSION_0_1 = JSON.parse(
  readFileSync(new URL('../support/home-assistant-0.1.json', import.meta.url), 'utf8'),
) as Readonly<Record<'device' | 'entity', Readonly<Record<string, unknown>>>>;

const track = closedAfterEach();

/** Home Assistant: listens to discovery, and says when it starts. */
class House {
  readonly sub: MosquittoSub;
  readonly model: HomeAssistantModel;
  readonly #retained = new Set<string>();
  #taken = 0;

  static async start(port: number, prefix = 'homeassistant'): Promise<House> {
    const topics = [`${prefix}/+/+/config`, `${prefix}/+/+/+/config`];
    return new House(await MosquittoSub.start({ port, topics }), new HomeAssistantModel(prefix));
  }

  private constructor(sub: MosquittoSub, model: HomeAssistantModel) {
    this.sub = sub;
    this.model = model;
    track(sub);
  }

  /** Waits until it knows exactly what these runs want, and nothing else is retained. */
  async until(...runs: readonly Run[]): Promise<void> {
    const wanted = JSON.stringify(merged(runs.map(wantedBy)));
    await this.sub.until(wanted, () => JSON.stringify(this.#state()) === wanted);
    expect(this.model.complaints).toEqual([]);
    expect(this.model.orphans).toEqual([]);
  }

  #state(): { ids: string[]; topics: string[] } {
    for (const { topic, payload } of this.sub.messages.slice(this.#taken)) {
      this.model.receive(topic, payload);
      if (payload === '') this.#retained.delete(topic);
      else this.#retained.add(topic);
    }
    this.#taken = this.sub.messages.length;
    return { ids: this.model.uniqueIds, topics: [...this.#retained].sort() };
  }
}

interface Run {
  readonly config?: Partial<HomeAssistantConfig>;
  readonly interfaces?: readonly string[];
  readonly filters?: readonly string[];
  readonly host?: string;
  readonly installation?: string | null;
}

/** Starts a daemon's publisher. */
function run(
  port: number,
  { config = {}, interfaces = ['eth0'], filters = ['web'], host = 'gw', installation = null }: Run = {},
): MqttPublisher {
  const options = publisherOptions(
    [`mqtt://127.0.0.1:${port}`],
    { clientId: `ifcast-${host}` },
    { enabled: true, ...config },
  );
  const publisher = new MqttPublisher(
    { ...options, host, installationOf: () => installation },
    recordingLog().log,
    FAST_TIMING,
  );
  track({ close: () => publisher.stop() });
  publisher.describe(describeHost(interfaces, filters, { host, bootId: `${Math.random()}` }));
  void publisher.start();
  return publisher;
}

/** The unique ids and the discovery topics that such a run is expected to have. */
function wantedBy({ interfaces = ['eth0'], filters = ['web'], host = 'gw', config = {} }: Run): {
  ids: string[];
  topics: string[];
} {
  const { enabled = true, discovery = 'device', discoveryPrefix = 'homeassistant', buckets = false } = config;
  if (!enabled) return { ids: [], topics: [] };
  const documents = deviceDocuments(hostInfo(interfaces, filters, { host }), 'ifcast', {
    buckets,
    units: 'bit/s',
    url: null,
  });
  const ids = [...documents.values()].flatMap(({ cmps }) =>
    Object.values(cmps).map(({ uniq_id }) => uniq_id),
  );
  return { ids, topics: [...discoverySet(documents, { discoveryPrefix, discovery }).keys()] };
}

function merged(all: readonly ReturnType<typeof wantedBy>[]): ReturnType<typeof wantedBy> {
  return { ids: all.flatMap(({ ids }) => ids).sort(), topics: all.flatMap(({ topics }) => topics).sort() };
}

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('Home Assistant', () => {
  async function broker(): Promise<Mosquitto> {
    const mosquitto = await Mosquitto.start();
    track(mosquitto);
    return mosquitto;
  }

  /** Tells the daemon that Home Assistant has started. */
  async function birth(port: number): Promise<void> {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
    await client.publishAsync('homeassistant/status', 'online');
    await client.endAsync();
  }

  it('finds one retained document per interface', async () => {
    const { port } = await broker();
    const house = await House.start(port);
    run(port, { interfaces: ['eth0', 'eth0.100'] });
    await house.until({ interfaces: ['eth0', 'eth0.100'] });
    expect(house.sub.messages.map(({ topic, qos, retain }) => [topic, qos, retain])).toEqual([
      ['homeassistant/device/ifcast_gw/config', 1, 1],
      ['homeassistant/device/ifcast_gw_eth0/config', 1, 1],
      ['homeassistant/device/ifcast_gw_eth0__100/config', 1, 1],
    ]);
    const late = await House.start(port);
    await late.until({ interfaces: ['eth0', 'eth0.100'] });
  });

  it('is told discovery before states at every connect, and both again when it starts', async () => {
    const { port } = await broker();
    const sub = await MosquittoSub.start({ port, topics: ['#'] });
    track(sub);
    const publisher = run(port);
    publisher.publish([snapshotAt(0)]);
    publisher.health(VITALS);
    const order = [
      'ifcast/gw/status',
      'ifcast/gw/info',
      'homeassistant/device/ifcast_gw/config',
      'homeassistant/device/ifcast_gw_eth0/config',
      'ifcast/gw/eth0/filter/all',
      'ifcast/gw/eth0/filter/web',
      'ifcast/gw/health',
    ];
    await sub.until('all', () => sub.on('ifcast/gw/health').length === 1);
    expect(sub.messages.map(({ topic }) => topic)).toEqual(order);
    await birth(port);
    await sub.until('all again', () => sub.on('ifcast/gw/health').length === 2);
    expect(sub.messages.map(({ topic }) => topic).slice(order.length)).toEqual([
      'homeassistant/status',
      ...order.slice(2),
    ]);
  });

  it('loses filters and interfaces that went while the daemon runs', async () => {
    const { port } = await broker();
    const house = await House.start(port);
    const publisher = run(port, { interfaces: ['eth0', 'eth1'], filters: ['a', 'b'] });
    await house.until({ interfaces: ['eth0', 'eth1'], filters: ['a', 'b'] });
    publisher.describe(describeHost(['eth0'], ['b', 'c'], { bootId: 'x' }));
    await house.until({ filters: ['b', 'c'] });
    const late = await House.start(port);
    await late.until({ filters: ['b', 'c'] });
    expect(late.sub.messages).toHaveLength(2);
  });

  const before: Run = { interfaces: ['eth0', 'eth1'], filters: ['a', 'b'] };
  it.each<[string, Run]>([
    ['fewer filters', { ...before, filters: ['b'] }],
    ['fewer interfaces', { ...before, interfaces: ['eth1'] }],
    ['other interfaces', { ...before, interfaces: ['eth2'] }],
    ['entity by entity', { ...before, config: { discovery: 'entity' } }],
    [
      'entity by entity, and less',
      { interfaces: ['eth1'], filters: ['b', 'c'], config: { discovery: 'entity' } },
    ],
    ['switched off', { ...before, config: { enabled: false } }],
  ])('has no ghosts after a restart with another configuration: %s', async (_name, after) => {
    const { port } = await broker();
    const house = await House.start(port);
    const other = run(port, { host: 'gw_eth0' });
    await house.until({ host: 'gw_eth0' });
    for (const [from, to] of [
      [before, after],
      [after, before],
    ] as const) {
      for (const each of [from, to]) {
        const publisher = run(port, each);
        await house.until({ host: 'gw_eth0' }, each);
        await publisher.stop();
      }
    }
    await other.stop();
  });

  it.each(['device', 'entity'] as const)(
    'has no ghosts of version 0.1, in either form: %s',
    async (discovery) => {
      const { port, url } = await broker();
      const other = run(port, { host: 'gw_eth0', interfaces: ['100'] });
      const house = await House.start(port);
      await house.until({ host: 'gw_eth0', interfaces: ['100'] });
      const client = await connectAsync(url);
      for (const [topic, message] of Object.entries(VERSION_0_1[discovery])) {
        await client.publishAsync(topic, JSON.stringify(message), { retain: true, qos: 1 });
      }
      const info = JSON.stringify(hostInfo(['eth0', 'eth0.100'], ['web'], { bootId: 'earlier' }));
      await client.publishAsync('ifcast/gw/info', info, { retain: true, qos: 1 });
      await client.endAsync();
      const wanted: Run = { interfaces: ['eth0', 'eth0.100'], config: { discovery } };
      run(port, wanted);
      await house.until({ host: 'gw_eth0', interfaces: ['100'] }, wanted);
      await other.stop();
    },
  );

  const installation = '0123456789ab';
  it.each<[string, Run, Run]>([
    ['another host', { host: 'gw', installation }, { host: 'router', installation }],
    [
      'another host, entity by entity',
      { host: 'gw', installation, config: { discovery: 'entity' } },
      { host: 'router', installation, config: { discovery: 'entity' } },
    ],
  ])('has no ghosts of a daemon that goes by another name now: %s', async (_name, from, to) => {
    const { port } = await broker();
    const house = await House.start(port);
    const twin = run(port, { host: 'twin', installation: 'ba9876543210' });
    for (const each of [from, to]) {
      const publisher = run(port, each);
      await house.until({ host: 'twin' }, each);
      await publisher.stop();
      if (each === from) await twin.stop();
    }
  });

  it('keeps a daemon of the same installation that is there', async () => {
    const { port } = await broker();
    const house = await House.start(port);
    run(port, { host: 'gw', installation });
    await house.until({ host: 'gw' });
    run(port, { host: 'router', installation });
    await house.until({ host: 'gw' }, { host: 'router' });
  });

  it.each(['device', 'entity'] as const)(
    'has no ghosts below another discovery prefix: %s',
    async (discovery) => {
      const { port } = await broker();
      const [before, after] = [await House.start(port), await House.start(port, 'ha')];
      const publisher = run(port, { config: { discovery } });
      await before.until({ config: { discovery } });
      await publisher.stop();
      const moved: Run = { config: { discovery, discoveryPrefix: 'ha' } };
      run(port, moved);
      await after.until(moved);
      await before.until({ config: { enabled: false } });
    },
  );

  it('has the broker back that forgot everything, with all its discovery', async () => {
    const mosquitto = await broker();
    run(mosquitto.port);
    const first = await House.start(mosquitto.port);
    await first.until({});
    await mosquitto.kill();
    await mosquitto.start();
    const house = await House.start(mosquitto.port);
    await house.until({});
  });

  it('finds neither error nor warning in any document', () => {
    const names = ['all', 'Web “böse” sites', "it's \\ <b>", '温度 🌡', 'ÄÖÜ ß'];
    for (const interfaces of [['eth0'], ['eth0', 'eth0.100', 'a#+ b']]) {
      for (let count = 1; count <= 5; count++) {
        const filters = names.slice(0, count).map((name, i) => ({ id: `f-${i}_x`, name }));
        for (const host of ['gw', 'Gateway-1.home']) {
          const documents = deviceDocuments(hostInfo(interfaces, filters, { host }), 'home/ifcast', {
            buckets: true,
            units: 'Mbit/s',
            url: 'http://192.0.2.1/',
          });
          const set = discoverySet(documents, { discoveryPrefix: 'homeassistant', discovery: 'device' });
          expect(set.size).toBe(1 + interfaces.length);
          for (const [topic, document] of set) {
            expect(validateDiscovery(topic, JSON.parse(JSON.stringify(document)))).toEqual([]);
          }
        }
      }
    }
  });
});
