import { writeFileSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { MqttPublisher } from '../../packages/daemon/src/outputs/mqtt/mqtt-publisher.ts';
import { childProcesses } from '../support/child-processes.ts';
import { Ifcastd } from '../support/ifcastd.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { MosquittoSub, type SeenMessage } from '../support/mosquitto-sub.ts';
import { createVethPair, type VethPair } from '../support/netns.ts';
import { describeHost, FAST_TIMING, publisherOptions, recordingLog, until } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { closedAfterEach } from '../support/track.ts';

const PORT = 1883;
const track = closedAfterEach();

function eventsOf(sub: MosquittoSub, topic: string): Record<string, unknown>[] {
  return sub.on(topic).map(({ payload }: SeenMessage) => JSON.parse(payload));
}

describe.runIf(requirements('root', 'ip', 'ethtool', 'mosquitto', 'mosquitto_sub'))('events', () => {
  let pair: VethPair;
  let sub: MosquittoSub;
  let daemon: Ifcastd | undefined;

  beforeEach(async () => {
    pair = await createVethPair();
    pair.b.spawn('mosquitto', ['-p', String(PORT)], { stdio: 'ignore' });
    await expect.poll(() => pair.b.exec('ss', '-Hltn'), { timeout: 10_000 }).toContain(`127.0.0.1:${PORT}`);
    sub = await MosquittoSub.start({ port: PORT, topics: ['#'], end: pair.b });
  });

  afterEach(async () => {
    sub.close();
    await daemon?.close();
    await pair.close();
  });

  const config = (filter: string): string =>
    `interface = "veth-b"\nhost = "box"\nbackend = "cap"\n[mqtt]\nurl = "mqtt://127.0.0.1"\n` +
    `[[filter]]\nid = "all"\n${filter}`;

  test('come as they happen, not retained, with the sentence of the log', async () => {
    const running = new Ifcastd({ config: config(''), end: pair.b });
    daemon = running;
    await sub.until('the broadcast', () => sub.on('ifcast/box/veth-b/stats').length > 1);
    const events = () => eventsOf(sub, 'ifcast/box/event');
    const event = async (code: string): Promise<Record<string, unknown>> => {
      await sub.until(code, () => events().at(-1)?.['code'] === code);
      return events().at(-1)!;
    };

    await pair.b.down();
    expect(await event('lost')).toEqual({
      v: 1,
      ts: expect.stringMatching(/^\d{4}-.*Z$/),
      code: 'lost',
      interface: 'veth-b',
      text: 'veth-b: waiting: interface veth-b is down',
    });
    await pair.b.up();
    expect(await event('back')).toMatchObject({ interface: 'veth-b' });

    for (const worker of childProcesses('cap-worker-main', running.pid)) process.kill(worker, 'SIGKILL');
    expect(await event('restarted')).toMatchObject({ interface: 'veth-b' });

    running.child.kill('SIGHUP');
    expect(await event('reload')).toMatchObject({
      interface: null,
      text: 'the configuration has been read again',
    });
    writeFileSync(running.configFile, config('port = 70000'));
    running.child.kill('SIGHUP');
    const { text } = await event('refused');
    expect(text).toMatch(/^the configuration stays as it was: .*filter\[0\]\.port: 70000/);

    for (const { qos, retain } of sub.on('ifcast/box/event')) expect([qos, retain]).toEqual([1, 0]);
    for (const each of events()) expect(running.log).toContain(each['text']);
  });
});

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('the event of another broker', () => {
  test('is told to the one that is connected now', async () => {
    const [first, second] = [await Mosquitto.start(), track(await Mosquitto.start())];
    track(first);
    const sub = track(await MosquittoSub.start({ port: second.port, topics: ['#'] }));
    const { log, lines } = recordingLog();
    const publisher = new MqttPublisher(publisherOptions([first.url, second.url]), log, FAST_TIMING);
    track({ close: () => publisher.stop() });
    await publisher.start();
    publisher.describe(describeHost());
    await until('the first broker', () => publisher.status().state === 'running');
    first.closeSync();
    await sub.until('the event', () => sub.on('ifcast/gw/event').length > 0);
    const [event] = eventsOf(sub, 'ifcast/gw/event');
    expect(event).toMatchObject({ code: 'broker', interface: null });
    expect(event!['text']).toContain(`connected to ${second.url} `);
    expect(lines.join('\n')).toContain(event!['text']);
  });
});
