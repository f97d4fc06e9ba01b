import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { connectAsync } from 'mqtt';
import { describe, expect, it } from 'vitest';

import { runCleanup } from '../../packages/daemon/src/commands/cleanup.ts';
import type { MqttConfig } from '../../packages/daemon/src/config/mqtt-settings.ts';
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

async function cleanup(url: string, force = false, mqtt: Partial<MqttConfig> = {}): Promise<string[]> {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  await runCleanup({ config: publisherOptions([url], mqtt), force }, { out: write, err: write });
  return lines;
}

/** The topics that a broker has retained. */
async function retainedAt(port: number, args: readonly string[] = []): Promise<string[]> {
  // What the second subscription brings follows all that the first has brought.
  const last = '$SYS/broker/version';
  const sub = track(await MosquittoSub.start({ port, topics: ['#', last], args }));
  await sub.until('all that is retained', () => sub.on(last).length > 0);
  return [...new Set(sub.messages.map(({ topic }) => topic))].filter((topic) => topic !== last).sort();
}

/** A broker with an access list, at which `admin` may do everything. */
async function guarded(acl: readonly string[]) {
  const mosquitto = track(await Mosquitto.start());
  await mosquitto.stop();
  const file = (name: string, lines: readonly string[]) => {
    const path = join(mosquitto.directory, name);
    writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
    return path;
  };
  const passwords = file('passwords', []);
  for (const user of ['ifcast', 'admin'])
    execFileSync('mosquitto_passwd', ['-b', passwords, user, 'secret'], { stdio: 'ignore' });
  const list = file('acl', [...acl, '', 'user admin', 'topic readwrite #', 'topic read $SYS/#']);
  mosquitto.configure(['allow_anonymous false', `password_file ${passwords}`, `acl_file ${list}`]);
  await mosquitto.start();
  return { mosquitto, as: (user: string) => ['-u', user, '-P', 'secret'] };
}

/** The access list of docs/brokers.md. */
function documentedAcl(): string[] {
  const page = readFileSync(new URL('../../docs/brokers.md', import.meta.url), 'utf8');
  return /^```acl\n(.*?)^```$/ms.exec(page)![1]!.split('\n');
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

      const before = await retainedAt(port);
      const lines = await cleanup(url);
      expect(lines.at(-1)).toMatch(
        /^\d+ retained topics of host "gw" removed from mqtt:\/\/127\.0\.0\.1:\d+$/,
      );
      const late = await retainedAt(port);
      const removed = lines.slice(0, -1).map((line) => line.replace('removed ', ''));
      expect(late).toEqual(before.filter((topic) => !removed.includes(topic)));
      expect(late.filter((topic) => /(ifcast\/gw\/|_gw_eth)/.test(topic))).toEqual([]);
      expect(removed).toHaveLength(before.length - late.length);
      expect(await cleanup(url)).toEqual([`0 retained topics of host "gw" removed from ${url}`]);
    },
  );

  it.each([
    ['of docs/brokers.md', documentedAcl(), []],
    [
      'that hides what it lets one write',
      [
        'user ifcast',
        'topic write ifcast/gw/#',
        'topic read ifcast/gw/status',
        'topic read ifcast/gw/info',
      ].concat('topic readwrite homeassistant/device/+/config'),
      ['3 retained topics more emptied unseen: gone already, or hidden by the access list of the broker'],
    ],
  ])('removes everything under an access list %s', async (_name, acl, more) => {
    const { mosquitto, as } = await guarded(acl);
    const { url, port } = mosquitto;
    const all = track(await MosquittoSub.start({ port, topics: ['#'], args: as('admin') }));
    const login = { username: 'ifcast', password: 'secret' };
    const options = publisherOptions([url], login, { enabled: true });
    const publisher = new MqttPublisher(options, recordingLog().log, FAST_TIMING);
    publisher.describe(describeHost());
    publisher.publish([snapshotAt(0)]);
    publisher.health(VITALS);
    await publisher.start();
    await all.until('health', () => all.on('ifcast/gw/health').length > 0);
    await publisher.stop();
    const lines = await cleanup(url, false, login);
    const count = 7 - (more.length > 0 ? 3 : 0);
    expect(lines.slice(count)).toEqual([
      `${count} retained topics of host "gw" removed from ${url}`,
      ...more,
    ]);
    expect(await retainedAt(port, as('admin'))).toEqual([]);
  });

  it.each(['5', '3.1.1'] as const)('says what it may not remove, with MQTT %s', async (version) => {
    const { mosquitto } = await guarded(['user ifcast', 'topic read #']);
    const admin = await connectAsync(mosquitto.url, { username: 'admin', password: 'secret' });
    await admin.publishAsync('ifcast/gw/status', 'offline', { qos: 1, retain: true });
    await admin.endAsync();
    await expect(
      cleanup(mosquitto.url, false, { username: 'ifcast', password: 'secret', version }),
    ).rejects.toThrow(
      /^not removed: ifcast\/gw\/status \(.*\): allow this user to write there, or come as another with/,
    );
  });

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
