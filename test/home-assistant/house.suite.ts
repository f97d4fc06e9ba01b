/** What a real Home Assistant makes of ifcast, over the life of a house. One test goes on where the one before has ended. */
import type { FilterState } from '@ifcast/protocol';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { documentedEntities } from '../support/documented-entities.ts';
import type { Ifcastd } from '../support/ifcastd.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import { type Device, House, read } from './house.ts';
import { ip } from './link.ts';

const ETH0 = 'sensor.ifcast_gw_eth0';
const PACKETS = `${ETH0}_all_packets`;
const CONNECTIVITY = 'binary_sensor.ifcast_gw_connectivity';
const DNS = 53;
const BUCKETS = ['buckets = true'];
/** What the automations of config/home-assistant switch. */
const CONFIGURATION = `
input_boolean:
  camera_plug:
template:
  - switch:
      - name: Camera plug
        state: "{{ is_state('input_boolean.camera_plug', 'on') }}"
        turn_on: { action: input_boolean.turn_on, target: { entity_id: input_boolean.camera_plug } }
        turn_off: { action: input_boolean.turn_off, target: { entity_id: input_boolean.camera_plug } }
`;

/** The block of docs/home-assistant-yaml.md that begins so. */
function block(page: string, start: string): string {
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
  return blocks.find((text) => text.startsWith(start)) ?? '';
}

const BY_HAND = read('docs/home-assistant-yaml.md');
const WRITTEN_BY_HAND = `${block(BY_HAND, 'template:').replace('template:', 'template by_hand:')}mqtt: !include mqtt.yaml\n`;

let house: House;
let sub: MosquittoSub;
let daemon: Ifcastd;
/** Frames that have been sent since the daemon was started. */
let sent = 0;

beforeAll(async () => {
  house = await House.open({
    configuration: CONFIGURATION + WRITTEN_BY_HAND,
    automations: read('config/home-assistant/automations.yaml'),
    files: {
      'mqtt.yaml':
        read('config/home-assistant/mqtt.yaml') + block(BY_HAND, '- sensor:').replaceAll('gw_eth0_', 'page_'),
    },
  });
  sub = await MosquittoSub.start({ port: house.broker.port, topics: ['ifcast/#'] });
});
afterAll(async () => {
  sub?.close();
  await house?.close();
});

async function send(port: number, count: number): Promise<void> {
  await house.link.send({ port, syn: port !== DNS }, count);
  sent += count;
}

function start(config?: string): void {
  daemon = house.start(config);
  sent = 0;
}

/** Two silent interfaces. */
function addPair(...[iface, peer]: [string, string]): void {
  ip('link', 'add', iface, 'type', 'veth', 'peer', 'name', peer);
  for (const each of [iface, peer]) ip('link', 'set', each, 'up');
}

/** Waits until Home Assistant shows the count of all packets. */
async function untilCounted(): Promise<void> {
  await house.untilState(PACKETS, String(sent));
}

async function isAvailable(): Promise<boolean> {
  const states = await house.states();
  return [...states.values()]
    .filter(({ entity_id }) => /\.ifcast_/.test(entity_id) && entity_id !== CONNECTIVITY)
    .every(({ state }) => state !== 'unavailable');
}

async function untilUnavailable(): Promise<void> {
  const ids = [...(await house.entities()).values()].filter(
    ({ disabled_by, entity_id }) => disabled_by === null && entity_id !== CONNECTIVITY,
  );
  await house.until(
    'all unavailable',
    () => house.states(),
    (states) => ids.every(({ entity_id }) => states.get(entity_id)?.state === 'unavailable'),
  );
}

describe('Home Assistant', () => {
  it('has every device and entity as docs/home-assistant.md says', async () => {
    start(house.config([...BUCKETS, 'url = "http://192.0.2.1/"']));
    const entities = await house.until(
      'all entities',
      () => house.entities(),
      ({ size }) => size >= 5 + 5 + 4 * 13,
    );
    expect(entities.size).toBe(5 + 5 + 4 * 13);
    const states = await house.until(
      'states',
      () => house.states(),
      (all) => all.get(PACKETS)?.state === '0',
    );
    for (const { id, name, unit, deviceClass, stateClass, icon, enabled, category } of documentedEntities()) {
      const entity = entities.get(id);
      const told = {
        name: entity?.original_name,
        icon: entity?.original_icon ?? '–',
        deviceClass: entity?.original_device_class ?? '–',
        category: entity?.entity_category ?? '–',
        enabled: entity?.disabled_by === null,
      };
      expect({ id, ...told }).toEqual({ id, name, icon, deviceClass, category, enabled });
      if (!enabled || stateClass === undefined) continue;
      const { unit_of_measurement = '–', state_class = '–' } = states.get(id)?.attributes ?? {};
      expect([id, unit_of_measurement, state_class]).toEqual([id, unit, stateClass]);
    }
    const devices = await house.devices();
    const host = devices.get('gw') as Device;
    expect([...devices.keys()].sort()).toEqual(['gw', 'gw eth0']);
    expect(host).toMatchObject({
      model: 'Host',
      via_device_id: null,
      configuration_url: 'http://192.0.2.1/',
    });
    expect(devices.get('gw eth0')).toMatchObject({ model: 'Network interface', via_device_id: host.id });
  });

  it('shows what is broadcast', async () => {
    await send(DNS, 70);
    await send(443, 30);
    await untilCounted();
    const filters = ['all', 'web', 'dns', 'camera'].map((id) => `ifcast/gw/eth0/filter/${id}`);
    await house.until(
      'the states of the broadcast',
      async () => {
        const states = await house.states();
        return filters.map((topic) => {
          const told = sub.newest(topic) as Record<keyof FilterState, number>;
          const [id] = topic.split('/').slice(-1);
          const shown = ['rate', 'bytes', 'packets'].map((what) =>
            Number(states.get(`${ETH0}_${id}_${what}`)?.state),
          );
          return { shown, told: [told.bits_per_s / 1e6, told.bytes_total / 1e6, told.packets_total] };
        });
      },
      (pairs) => pairs.every(({ shown, told }) => shown.every((each, i) => Math.abs(each - told[i]!) < 1e-6)),
    );
    expect(await house.state(`${ETH0}_dns_packets`)).toBe('70');
    expect(await house.state(`${ETH0}_dns_bytes`)).toBe('0.007');
    expect(await house.state(`${ETH0}_web_packets`)).toBe('30');
    expect(await house.state(`${ETH0}_state`)).toBe('counting');
    expect(await house.state('binary_sensor.ifcast_gw_eth0_problem')).toBe('off');
  });

  it('shows what is written by hand, as docs/home-assistant-yaml.md and config/home-assistant/mqtt.yaml have it', async () => {
    const ids = [...read('config/home-assistant/mqtt.yaml').matchAll(/default_entity_id: (\S+)/g)].map(
      ([, id]) => id!,
    );
    const total = Number(await house.state(`${ETH0}_web_bytes`)) / 1000;
    const states = await house.until(
      'the states',
      () => house.states(),
      (all) => ids.every((id) => !['unknown', 'unavailable', undefined].includes(all.get(id)?.state)),
    );
    expect(ids).toHaveLength(6);
    for (const id of ['gw_eth0_web_total', 'web_in_all'])
      expect(Number(states.get(`sensor.${id}`)?.state)).toBe(total);
    expect(states.get('sensor.web')?.attributes['unit_of_measurement']).toBe('Mbit/s');
    expect(states.get('binary_sensor.gw_counting')?.state).toBe('on');
    expect(states.get('binary_sensor.gw_trouble')?.state).toBe('off');
    expect(states.has('sensor.busy_half_seconds')).toBe(true);
  });

  it('runs the automation of config/home-assistant: somebody connects to the camera', async () => {
    for (const id of ['camera_on_when_somebody_connects_to_it', 'the_gateway_no_longer_counts'])
      expect(await house.state(`automation.${id}`)).toBe('on');
    await house.link.send({ address: '192.0.2.40', port: 554, syn: true }, 1);
    sent++;
    await house.untilState('switch.camera_plug', 'on');
    await untilCounted();
  });

  it('shows what the daemon says of a problem, and notifies of it', async () => {
    const problem = 'binary_sensor.ifcast_gw_problem';
    await house.untilState(problem, 'off');
    house.reload(daemon, 'nonsense = 1');
    await house.untilState(problem, 'on');
    const { attributes } = (await house.states()).get(problem)!;
    expect(attributes['problem']).toMatch(/nonsense/);
    const notifications = () =>
      house.server.api.call<{ title: string; message: string }[]>('persistent_notification/get');
    await house.until('the notification', notifications, (list) =>
      list.some(({ title, message }) => title === 'ifcast on gw' && message === attributes['problem']),
    );
    house.reload(daemon, house.config(BUCKETS));
    await house.untilState(problem, 'off');
    // As the daemon would tell of an interface that it cannot count.
    const info = sub.newest('ifcast/gw/info') as { interfaces: object[] };
    const failed = info.interfaces.map((each) => ({ ...each, state: 'failed', reason: 'no hope' }));
    const client = await connectAsync(house.broker.url);
    await client.publishAsync('ifcast/gw/info', JSON.stringify({ ...info, interfaces: failed }));
    const ofInterface = 'binary_sensor.ifcast_gw_eth0_problem';
    await house.untilState(ofInterface, 'on');
    expect((await house.states()).get(ofInterface)?.attributes['reason']).toBe('no hope');
    await client.publishAsync('ifcast/gw/info', JSON.stringify(info));
    await house.untilState(ofInterface, 'off');
    await client.endAsync();
  });

  it('goes on where a daemon was stopped, was killed, or lost its broker', async () => {
    await daemon.end();
    await untilUnavailable();
    await house.untilState(CONNECTIVITY, 'off');
    start();
    await house.until('available', isAvailable, Boolean);
    await send(DNS, 10);
    await untilCounted();
    await daemon.end('SIGKILL');
    await untilUnavailable();
    start();
    await house.until('available', isAvailable, Boolean);
    await send(DNS, 20);
    await untilCounted();
    await house.broker.stop();
    await untilUnavailable();
    await house.broker.start();
    await house.until('available', isAvailable, Boolean, 60_000);
    await send(DNS, 5);
    await untilCounted();
  });

  it('knows everything again when it is started again', async () => {
    const registered = async () =>
      [...(await house.entities())].map(([id, entity]) => [id, entity.id, entity.original_name]).sort();
    const before = await registered();
    house.server.configure(CONFIGURATION);
    await house.server.restart();
    await house.until('available', isAvailable, Boolean);
    await send(DNS, 5);
    await untilCounted();
    expect(await registered()).toEqual(before);
  });

  it('follows a filter that is renamed, added, disabled and removed', async () => {
    const before = await house.entities();
    const config = house.config();
    house.reload(daemon, config.replace('name = "Web"', 'name = "Sites"'));
    const renamed = await house.until(
      'the new name',
      () => house.entities(),
      (entities) => entities.get(`${ETH0}_web_rate`)?.original_name === 'Sites rate',
    );
    expect(renamed.get(`${ETH0}_web_rate`)?.id).toBe(before.get(`${ETH0}_web_rate`)?.id);
    const added = `${config}\n[[filter]]\nid = "ping"\nproto = "icmp"\n`;
    house.reload(daemon, added);
    await house.until(
      'ping',
      () => house.entities(),
      (entities) => entities.has(`${ETH0}_ping_rate`),
    );
    house.reload(daemon, added.replace('id = "ping"', 'id = "ping"\nenabled = false'));
    await house.until(
      'no ping',
      () => house.entities(),
      (entities) => !entities.has(`${ETH0}_ping_rate`),
    );
    house.reload(daemon, config.replace(/\[\[filter\]\]\nid = "dns"[^[]*/, ''));
    await house.until(
      'no dns',
      () => house.entities(),
      (entities) => !entities.has(`${ETH0}_dns_rate`),
    );
    house.reload(daemon, config);
    await house.until(
      'dns again',
      () => house.entities(),
      (entities) => entities.has(`${ETH0}_dns_rate`),
    );
    await send(DNS, 5);
    await untilCounted();
  });

  it('shows a trigger as an event, until there is no trigger', async () => {
    const asked = 'event.ifcast_gw_eth0_asked';
    const trigger = '[[trigger]]\nid = "asked"\nfilter = "dns"\npackets = 3\ncommand = ["/bin/false"]\n';
    house.reload(daemon, `${house.config()}\n${trigger}`);
    await house.until(
      'the entity',
      () => house.states(),
      (states) => states.get(asked)?.state === 'unknown',
    );
    await send(DNS, 5);
    const states = await house.until(
      'the end of its command',
      () => house.states(),
      (all) => all.get(asked)?.attributes['event_type'] === 'ended',
    );
    const { attributes } = states.get(asked)!;
    expect(attributes).toMatchObject({ event_types: ['fired', 'ended'], exit: 1, suppressed_total: 0 });
    expect(attributes['packets']).toBeGreaterThanOrEqual(3);
    house.reload(daemon, house.config());
    await house.until(
      'no entity',
      () => house.entities(),
      (entities) => !entities.has(asked),
    );
    await untilCounted();
  });

  it('keeps its entities when they are told one by one, and back', async () => {
    const before = await house.entities();
    const ids = [...before.values()].map(({ id }) => id).sort();
    const same = async () =>
      JSON.stringify([...(await house.entities()).values()].map(({ id }) => id).sort());
    for (const form of ['entity', 'device']) {
      const topic =
        form === 'entity' ? 'homeassistant/sensor/ifcast_gw_eth0/+/config' : 'homeassistant/device/+/config';
      const discovery = await MosquittoSub.start({ port: house.broker.port, topics: [topic] });
      house.reload(daemon, house.config([`discovery = "${form}"`]));
      await discovery.until(form, () =>
        discovery.messages.some(({ payload }) => payload.includes('rate_web')),
      );
      discovery.close();
      await send(DNS, 5);
      await untilCounted();
      await house.until('available', isAvailable, Boolean);
      expect(await same()).toBe(JSON.stringify(ids));
    }
  });

  it('takes another unit without a new entity', async () => {
    const before = await house.entities();
    house.reload(daemon, house.config(['units = "bit/s"']));
    await house.until(
      'bytes',
      async () => (await house.states()).get(`${ETH0}_dns_bytes`)?.attributes['unit_of_measurement'],
      (unit) => unit === 'B',
    );
    house.reload(daemon, house.config());
    await house.until(
      'megabytes',
      async () => (await house.states()).get(`${ETH0}_dns_bytes`)?.attributes['unit_of_measurement'],
      (unit) => unit === 'MB',
    );
    expect([...(await house.entities()).keys()]).toEqual([...before.keys()]);
  });

  it('has two daemons side by side, whatever they are called', async () => {
    addPair('lan_lo', 'peer0');
    const one = house.config().replace('interface = "eth0"', 'interface = ["eth0", "lan_lo"]');
    house.reload(daemon, one);
    const other = house.start(
      house
        .config()
        .replace('host = "gw"', 'host = "gw_lan"')
        .replace('interface = "eth0"', 'interface = "lo"'),
    );
    const names = ['gw', 'gw eth0', 'gw lan_lo', 'gw_lan', 'gw_lan lo'];
    const devices = await house.until(
      'all devices',
      () => house.devices(),
      ({ size }) => size === names.length,
    );
    expect([...devices.keys()].sort()).toEqual(names);
    await house.until(
      'all entities',
      () => house.entities(),
      ({ size }) => size === 2 * 5 + 3 * (5 + 4 * 6),
    );
    await other.end();
    await house.until(
      'the other',
      () => house.state('binary_sensor.ifcast_gw_lan_connectivity'),
      (now) => now === 'off',
    );
    expect(house.cleanup('-H', 'gw_lan')).toMatch(/retained topics of host "gw_lan" removed/);
    await house.until(
      'those of gw',
      () => house.devices(),
      (left) => [...left.keys()].every((name) => !/gw_lan/.test(name)),
    );
    expect((await house.entities()).size).toBe(5 + 2 * (5 + 4 * 6));
    house.reload(daemon, house.config());
    await house.until(
      'eth0 alone',
      () => house.devices(),
      ({ size }) => size === 2,
    );
    ip('link', 'delete', 'lan_lo');
    await house.until('available', isAvailable, Boolean);
  });

  it('says when an interface has gone, and when it is back', async () => {
    house.link.delete();
    await house.untilState(`${ETH0}_state`, 'waiting');
    await house.link.create();
    await house.untilState(`${ETH0}_state`, 'counting');
    await send(DNS, 5);
    await untilCounted();
  });

  it('has statistics in which a restart of the daemon is neither a fall nor counted twice', async () => {
    await house.server.api.call('fire_event', { event_type: 'statistics_now' });
    const compiled = async () => {
      const request = {
        start_time: new Date(Date.now() - 3_600_000).toISOString(),
        statistic_ids: [PACKETS],
        period: '5minute',
        types: ['sum', 'state'],
      };
      const { [PACKETS]: rows = [] } = await house.server.api.call<
        Record<string, { sum: number; state: number }[]>
      >('recorder/statistics_during_period', request);
      return rows;
    };
    const rows = await house.until('the statistics', compiled, (all) => all.at(-1)?.state === sent);
    const validation = await house.server.api.call<object>('recorder/validate_statistics');
    // The second daemon had counted 10 when it was killed, and the third began with more.
    expect(rows.at(-1)?.sum).toBe(101 + 10 + sent);
    for (const [i, { sum }] of rows.entries()) expect(sum).toBeGreaterThanOrEqual(rows[i - 1]?.sum ?? 0);
    expect(Object.keys(validation).filter((id) => id.includes('ifcast'))).toEqual([]);
    const ids = await house.server.api.call<{ statistic_id: string }[]>('recorder/list_statistic_ids');
    for (const what of ['all_rate', 'all_bytes', 'dns_packets'])
      expect(ids.map(({ statistic_id }) => statistic_id)).toContain(`${ETH0}_${what}`);
  });

  it('has nothing left of it after a cleanup', async () => {
    await daemon.end();
    expect(house.cleanup('-H', 'gw')).toMatch(/retained topics of host "gw" removed/);
    await house.until(
      'no entity',
      () => house.entities(),
      ({ size }) => size === 0,
    );
    await house.until(
      'no device',
      () => house.devices(),
      ({ size }) => size === 0,
    );
  });

  it('takes over what version 0.1 has told, with its entity ids', async () => {
    const client = await connectAsync(house.broker.url);
    const old = JSON.parse(read('test/support/home-assistant-0.1.json')) as Record<
      string,
      Record<string, unknown>
    >;
    for (const [topic, message] of Object.entries(old['device']!))
      await client.publishAsync(topic, JSON.stringify(message), { retain: true, qos: 1 });
    await client.endAsync();
    const before = await house.until(
      'the old entities',
      () => house.entities(),
      ({ size }) => size === 2 * 13,
    );
    addPair('eth0.100', 'peer1');
    start(house.config().replace('interface = "eth0"', 'interface = ["eth0", "eth0.100"]'));
    const after = await house.until(
      'the new entities',
      () => house.entities(),
      ({ size }) => size === 5 + 2 * (5 + 4 * 6),
    );
    expect([...after.keys()].filter((id) => /_\d$/.test(id))).toEqual([]);
    for (const [id, { unique_id }] of before) {
      if (!/_web_/.test(id)) continue;
      expect(after.has(id)).toBe(true);
      if (!id.includes('eth0_100')) expect(after.get(id)?.unique_id).toBe(unique_id);
    }
    expect([...(await house.devices()).keys()].sort()).toEqual(['gw', 'gw eth0', 'gw eth0.100']);
  });

  it('leaves nothing of a host when it goes by another name', async () => {
    house.reload(daemon, house.config().replace('host = "gw"', 'host = "router"'));
    await house.until(
      'the new name',
      () => house.devices(),
      (devices) => [...devices.keys()].sort().join() === 'router,router eth0',
    );
    await house.until(
      'its entities',
      () => house.entities(),
      ({ size }) => size === 5 + 5 + 4 * 6,
    );
    await daemon.end();
    house.cleanup('-H', 'router');
    await house.until(
      'no entity',
      () => house.entities(),
      ({ size }) => size === 0,
    );
  });

  it('has not had one warning or error of ours in its log', () => {
    // Back from one document to one message an entity, the document's topic is emptied once nothing is at it.
    const ofRollback = /No device components to cleanup for ifcast_gw/;
    const ofBrokerLoss =
      /\[homeassistant\.components\.mqtt\.client\] (Disconnected from|Failed to connect to|Error returned)/;
    expect(
      house.server.complaints.filter((line) => !ofBrokerLoss.test(line) && !ofRollback.test(line)),
    ).toEqual([]);
  });
});
