/** Runs the configuration that docs/brokers.md shows for mosquitto. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { MqttPublisher } from '../../packages/daemon/src/outputs/mqtt/mqtt-publisher.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import {
  describeHost,
  FAST_TIMING,
  publisherOptions,
  recordingLog,
  snapshotAt,
  until,
  VITALS,
} from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { closedAfterEach } from '../support/track.ts';

const PAGE = readFileSync(new URL('../../docs/brokers.md', import.meta.url), 'utf8');

/** The lines of the code block in this language. */
function block(language: string): string[] {
  const text = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(PAGE)?.[1];
  if (text === undefined) throw new Error(`docs/brokers.md has no block ${language}`);
  return text.trimEnd().split('\n');
}

const track = closedAfterEach();

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('docs/brokers.md', () => {
  function publish(url: string, mqtt: Parameters<typeof publisherOptions>[1], enabled: boolean) {
    const { log, lines } = recordingLog();
    const publisher = new MqttPublisher(publisherOptions([url], mqtt, { enabled }), log, FAST_TIMING);
    track({ close: () => publisher.stop() });
    publisher.describe(describeHost());
    publisher.publish([snapshotAt(0)]);
    publisher.health(VITALS);
    void publisher.start();
    return { publisher, lines };
  }

  it('allows a daemon what it needs, and nothing else', async () => {
    const mosquitto = track(await Mosquitto.start());
    await mosquitto.stop();
    const file = (name: string, lines: readonly string[]) => {
      const path = join(mosquitto.directory, name);
      writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
      return path;
    };
    const passwords = join(mosquitto.directory, 'passwords');
    writeFileSync(passwords, '', { mode: 0o600 });
    for (const user of ['ifcast', 'reader'])
      execFileSync('mosquitto_passwd', ['-b', passwords, user, 'secret']);
    const acl = file('acl', [...block('acl'), '', 'user reader', 'topic read #']);
    mosquitto.configure(['allow_anonymous false', `password_file ${passwords}`, `acl_file ${acl}`]);
    await mosquitto.start();
    const { port, url } = mosquitto;
    const reader = ['-u', 'reader', '-P', 'secret'];
    const sub = track(await MosquittoSub.start({ port, topics: ['#'], args: reader }));
    const { lines } = publish(url, { username: 'ifcast', password: 'secret' }, true);
    await sub.until('health', () => sub.on('ifcast/gw/health').length > 0);
    expect(new Set(sub.messages.map(({ topic }) => topic)).size).toBe(7);
    expect(lines).toEqual([expect.stringContaining('connected to')]);
    expect(mosquitto.log).not.toMatch(/Denied (PUBLISH|SUBSCRIBE) from ifcast/);

    const other = publish(
      url,
      { username: 'ifcast', password: 'secret', topic: 'elsewhere', clientId: 'b' },
      false,
    );
    await until('the refusals', () => other.lines.length >= 3);
    expect(other.lines.join('\n')).toMatch(/the broker refuses elsewhere\/gw\/status: /);
  });

  it('has a bridge that carries topics to the centre, retained ones too', async () => {
    const centre = track(await Mosquitto.start());
    const bridge = block('mosquitto').map((line) =>
      line.replace('centre.example:1883', `127.0.0.1:${centre.port}`),
    );
    const site = track(await Mosquitto.start({ config: bridge }));
    const sub = track(await MosquittoSub.start({ port: centre.port, topics: ['#'] }));
    await sub.until('the bridge', () => sub.on('ifcast-bridge/site-1').at(-1)?.payload === '1');
    const { publisher } = publish(site.url, {}, true);
    await sub.until('health', () => sub.on('ifcast/gw/health').length > 0);
    publisher.publish([snapshotAt(500)]);
    await sub.until('stats', () => sub.on('ifcast/gw/eth0/stats').length > 0);
    const late = track(
      await MosquittoSub.start({ port: centre.port, topics: ['ifcast/gw/+', 'homeassistant/#'] }),
    );
    await late.until('what is retained', () => late.messages.length >= 5);
    expect(late.messages.map(({ topic, retain }) => [topic, retain]).sort()).toEqual([
      ['homeassistant/device/ifcast_gw/config', 1],
      ['homeassistant/device/ifcast_gw_eth0/config', 1],
      ['ifcast/gw/health', 1],
      ['ifcast/gw/info', 1],
      ['ifcast/gw/status', 1],
    ]);
  });
});
