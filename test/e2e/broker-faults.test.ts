import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encodeMessage, type Health, type Info } from '@ifcast/protocol';
import { connectAsync } from 'mqtt';
import { describe, expect, it } from 'vitest';

import { infoMessage, statsMessage } from '../../packages/daemon/src/outputs/mqtt/messages.ts';
import {
  DEFAULT_PUBLISHER_TIMING,
  MqttPublisher,
  type MqttPublisherOptions,
  type MqttPublisherTiming,
} from '../../packages/daemon/src/outputs/mqtt/mqtt-publisher.ts';
import { IFCAST, IFCASTD, PROGRAMS, type RunningProgram } from '../support/broker-programs.ts';
import { DeafPort } from '../support/deaf-port.ts';
import { type Fault, FaultyBroker } from '../support/faulty-broker.ts';
import { freePort } from '../support/free-port.ts';
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

const MIB = 1024 * 1024;

const track = closedAfterEach();

/** A publisher that is given a tick every 20 ms. */
class Ticking {
  readonly lines: string[];
  readonly publisher: MqttPublisher;
  /** The clock of the snapshots, in milliseconds. */
  ms = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(options: MqttPublisherOptions, timing: MqttPublisherTiming = FAST_TIMING, bootId = 'boot-1') {
    const { log, lines } = recordingLog();
    this.lines = lines;
    this.publisher = new MqttPublisher(options, log, timing);
    this.publisher.describe(describeHost(['eth0'], ['all', 'web'], { bootId }));
    void this.publisher.start();
    this.#timer = setInterval(() => this.tick(), 20);
  }

  tick(): void {
    this.ms += 500;
    this.publisher.publish([snapshotAt(this.ms)]);
  }

  said(words: string): number {
    return this.lines.filter((line) => line.includes(words)).length;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.publisher.stop();
  }
}

function ticking(options: MqttPublisherOptions, timing?: MqttPublisherTiming, bootId?: string): Ticking {
  return track(new Ticking(options, timing, bootId));
}

function statsOf(sub: MosquittoSub): { seq: number; packets: number; ts: number }[] {
  return sub.on('ifcast/gw/eth0/stats').map(({ payload }) => {
    const { seq, ts, filters } = JSON.parse(payload);
    return { seq, packets: filters[0].packets_total, ts: Date.parse(ts) };
  });
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('a broker that fails', () => {
  it('is found again when it was killed; totals never fall', async () => {
    const mosquitto = track(await Mosquitto.start());
    const daemon = ticking(publisherOptions([mosquitto.url]));
    const before = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['#'] }));
    await before.until('stats', () => statsOf(before).length > 5);
    await mosquitto.kill();
    // Before it connects again by itself.
    const last = statsOf(before).at(-1)!;
    const outage = daemon.ms;
    await until('a long outage', () => daemon.ms > outage + 60_000);
    await mosquitto.start();
    const after = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['#'] }));
    await after.until('fresh stats', () => statsOf(after).length > 5);
    expect(statsOf(after)[0]!.packets).toBeGreaterThan(last.packets + 500);
    expect(statsOf(after)[0]!.seq).toBeGreaterThan(last.seq);
    expect(JSON.parse(after.on('ifcast/gw/eth0/stats')[0]!.payload)).toMatchObject({
      since: '2026-11-21T08:00:00.000Z',
      filters: [{ packets_per_s: 10 }, { packets_per_s: 10 }],
    });
    expect(daemon.said('lost')).toBe(1);
    expect(daemon.said('nothing listens')).toBe(1);
  });

  it('has status, info and states again when it forgot them, within 2 s of the connect', async () => {
    const mosquitto = track(await Mosquitto.start());
    const daemon = ticking(publisherOptions([mosquitto.url]));
    daemon.publisher.health(VITALS);
    await until('the connect', () => daemon.said('connected to') === 1);
    await mosquitto.kill();
    await mosquitto.start();
    await until('the reconnect', () => daemon.said('connected to') === 2);
    const late = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['ifcast/gw/#'] }));
    for (const topic of ['status', 'info', 'health', 'eth0/filter/all', 'eth0/filter/web']) {
      await late.until(topic, () => late.on(`ifcast/gw/${topic}`).length > 0, 2000);
    }
    expect(late.on('ifcast/gw/status')[0]?.payload).toBe('online');
  });

  it('is noticed when it hangs, and nothing of the time without it is sent later', async () => {
    const mosquitto = track(await Mosquitto.start());
    // A keepalive of 10 s notices within 15; this one of 1 s within 1.5.
    const daemon = ticking(publisherOptions([mosquitto.url], { keepaliveS: 1 }));
    const sub = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['#'] }));
    await sub.until('stats', () => statsOf(sub).length > 5);
    mosquitto.pause();
    await until('the loss', () => daemon.said('it no longer answers') === 1, 15_000);
    const lostAt = snapshotAt(daemon.ms).takenAt.getTime();
    await until('a time without', () => snapshotAt(daemon.ms).takenAt.getTime() > lostAt + 20_000);
    mosquitto.resume();
    await until('the reconnect', () => daemon.said('connected to') === 2);
    const backAt = snapshotAt(daemon.ms).takenAt.getTime();
    await sub.until('fresh stats', () => (statsOf(sub).at(-1)?.ts ?? 0) > backAt + 5000);
    const seqs = statsOf(sub).map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(statsOf(sub).filter(({ ts }) => ts > lostAt && ts < backAt - 1000)).toEqual([]);
    expect(sub.on('ifcast/gw/status').at(-1)?.payload).toBe('online');
  });

  it('is asked again after it refused the login', async () => {
    const mosquitto = track(await Mosquitto.start({ config: ['allow_anonymous false'] }));
    const anonymous = ticking(publisherOptions([mosquitto.url]));
    const known = ticking(
      publisherOptions([mosquitto.url], { clientId: 'b', username: 'me', password: 'Geheim-7' }),
    );
    await until(
      'the refusals',
      () => anonymous.said('cannot connect') === 1 && known.said('cannot connect') === 1,
    );
    expect(anonymous.lines[0]).toMatch(/it wants a login: set mqtt\.username and mqtt\.password_file$/);
    expect(known.lines[0]).toMatch(/it refuses the login: check mqtt\.username, mqtt\.password_file/);
    await mosquitto.stop();
    mosquitto.configure([]);
    await mosquitto.start();
    await until(
      'the connects',
      () => anonymous.said('connected to') === 1 && known.said('connected to') === 1,
    );
    expect([...anonymous.lines, ...known.lines].join()).not.toContain('Geheim');
  });

  it('costs no memory, however long it is gone', async () => {
    const port = await freePort();
    const { log } = recordingLog();
    const publisher = new MqttPublisher(
      publisherOptions([`mqtt://127.0.0.1:${port}`], { scalars: true }),
      log,
      FAST_TIMING,
    );
    track({ close: () => publisher.stop() });
    publisher.describe(describeHost());
    await publisher.start();
    let ms = 0;
    const intervals = (count: number) => {
      for (let i = 0; i < count; i++) {
        ms += 500;
        publisher.publish([snapshotAt(ms)]);
      }
    };
    intervals(5010);
    const before = heapAfterCollection();
    intervals(70_000);
    expect(heapAfterCollection() - before).toBeLessThan(MIB);
    const mosquitto = track(await Mosquitto.start({ port }));
    const sub = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['#'] }));
    await sub.until('the newest state', () => sub.on('ifcast/gw/eth0/filter/web').length > 0);
    intervals(1);
    await sub.until('stats', () => statsOf(sub).length > 0);
    expect(statsOf(sub)).toMatchObject([{ seq: 1, packets: (75_011 * 500) / 100 }]);
    expect(sub.on('ifcast/gw/eth0/filter/web')).toHaveLength(1);
  });
});

describe.runIf(requirements('mosquitto'))('a broker that fails, for the dashboard', () => {
  const said = (running: RunningProgram, words: string): number =>
    running.lines.filter((line) => line.includes(words)).length;

  it('is found again when it was killed', async () => {
    const mosquitto = track(await Mosquitto.start());
    const dashboard = track(IFCAST.start([mosquitto.url]));
    await until('the connect', () => said(dashboard, 'connected to') === 1);
    await mosquitto.kill();
    await until('the refusal', () => said(dashboard, 'nothing listens on port') > 0);
    await mosquitto.start();
    await until('the reconnect', () => said(dashboard, 'connected to') === 2);
  });

  it('is noticed when it hangs', async () => {
    const mosquitto = track(await Mosquitto.start());
    const dashboard = track(IFCAST.start([mosquitto.url], { keepaliveS: 1 }));
    await until('the connect', () => said(dashboard, 'connected to') === 1);
    mosquitto.pause();
    await until('the loss', () => said(dashboard, 'it no longer answers') === 1, 15_000);
    mosquitto.resume();
    await until('the reconnect', () => said(dashboard, 'connected to') === 2);
  });

  it('is asked again after it refused the login', async () => {
    const mosquitto = track(await Mosquitto.start({ config: ['allow_anonymous false'] }));
    const dashboard = track(IFCAST.start([mosquitto.url]));
    await until(
      'the refusal',
      () => said(dashboard, 'it wants a login: set --username and --password-file') > 0,
    );
    await mosquitto.stop();
    mosquitto.configure([]);
    await mosquitto.start();
    await until('the connect', () => said(dashboard, 'connected to') === 1);
  });

  it('gives way to the next of a list, hung or refusing', async () => {
    const [first, second] = [track(await Mosquitto.start()), track(await Mosquitto.start())];
    const hung = track(await FaultyBroker.start('silent'));
    const urls = [first.url, hung.url, second.url];
    const dashboard = track(IFCAST.start(urls, {}, DEFAULT_PUBLISHER_TIMING));
    await until('the first', () => said(dashboard, `connected to ${first.url}`) === 1);
    await first.kill();
    await until('the second', () => said(dashboard, `connected to ${second.url}`) === 1);
    await first.start();
    await second.kill();
    await until('the first again', () => said(dashboard, `connected to ${first.url}`) === 2);
  });
});

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('a list of brokers', () => {
  it('is gone through at once when one fails, hung or refusing, and around again', async () => {
    const [first, second] = [track(await Mosquitto.start()), track(await Mosquitto.start())];
    const hung = track(await FaultyBroker.start('silent'));
    const daemon = ticking(publisherOptions([first.url, hung.url, second.url]), DEFAULT_PUBLISHER_TIMING);
    await until('the first', () => daemon.said(`connected to ${first.url}`) === 1);
    const sub = track(await MosquittoSub.start({ port: second.port, topics: ['ifcast/gw/#'] }));
    await first.kill();
    await sub.until('stats at the second', () => statsOf(sub).length > 3, 10_000);
    expect(sub.on('ifcast/gw/status').at(-1)?.payload).toBe('online');
    await first.start();
    await second.kill();
    await until('the first again', () => daemon.said(`connected to ${first.url}`) === 2);
  });
});

describe.each(PROGRAMS)('something that is no broker: $name', (program) => {
  const phrases: Readonly<Record<Exclude<Fault, 'dripping'>, RegExp>> = {
    silent: /it accepts the connection and then says nothing$/,
    closes: /it closed the connection before answering: if that port expects TLS, use mqtts:\/\/$/,
    resets: /it reset the connection before answering: if that port expects TLS, use mqtts:\/\/$/,
    garbage: /it does not behave like an MQTT broker: /,
    // What comes behind the message of 256 MB is no MQTT.
    oversized:
      /^message rejected: a: |a is too long and is left out$|it does not behave like an MQTT broker: /,
    flapping: /it closed the connection$/,
    hung: /it no longer answers$/,
  };
  const timing = (fault: Fault): MqttPublisherTiming => ({
    ...FAST_TIMING,
    connection: {
      ...FAST_TIMING.connection,
      backOff: { minMs: 10, maxMs: 50, random: Math.random },
      connectTimeoutMs: fault === 'silent' ? 100 : 5000,
    },
  });

  it.each(Object.keys(phrases) as (keyof typeof phrases)[])(
    '%s: is tried again and again, and costs no memory',
    async (fault) => {
      const broker = track(await FaultyBroker.start(fault));
      const { lines } = track(program.start([broker.url], { keepaliveS: 1 }, timing(fault)));
      await until('some attempts', () => broker.connections >= 2, 20_000);
      const before = heapAfterCollection();
      const attempts = { hung: 4, oversized: 4 }[fault as string] ?? 15;
      await until('many attempts', () => broker.connections >= attempts, 20_000);
      expect(heapAfterCollection() - before).toBeLessThan(2 * MIB);
      const told = lines.filter((line) => !line.includes('connected to') && !line.includes('client id'));
      for (const line of told) expect(line).toMatch(phrases[fault]);
      if (program !== IFCASTD) return;
      expect(lines.length).toBeLessThan(45);
      if (!['oversized', 'flapping', 'hung'].includes(fault)) expect(told).toHaveLength(1);
      if (fault === 'oversized') expect(told.filter((line) => line.includes('too long'))).toHaveLength(1);
    },
  );

  it('that sends a long message slowly is waited for: it is alive', async () => {
    const broker = track(await FaultyBroker.start('dripping'));
    track(program.start([broker.url], { keepaliveS: 1 }));
    // About 5 s: a silent one is given up after 1.5.
    await until('much of the message', () => broker.sentBytes > 100 * 1024, 30_000);
    expect(broker.connections).toBe(1);
  });

  it('that drops connection requests is told from one that says nothing', async () => {
    const deaf = track(await DeafPort.start());
    const { lines } = track(program.start([`mqtt://127.0.0.1:${deaf.port}`, `ws://127.0.0.1:${deaf.port}`]));
    await until('both', () => lines.length >= 2);
    for (const line of lines) {
      expect(line).toMatch(
        /nothing answers at "127\.0\.0\.1" port \d+: the host is off, or a firewall drops/,
      );
    }
  });

  it('is not tried with a password and no user', async () => {
    const broker = track(await FaultyBroker.start('silent'));
    const { lines } = track(program.start([broker.url], { password: 'Geheim' }));
    await until('a line', () => lines.length > 0);
    expect(lines[0]).toContain(`a password is given, and no user: set ${program.called.username} too`);
    expect(lines.join()).not.toContain('Geheim');
  });

  it('waits longer and longer, to 8 s', async () => {
    const broker = track(await FaultyBroker.start('resets'));
    const backOff = { minMs: 100, maxMs: 800, random: () => 0.999 };
    const connection = { ...FAST_TIMING.connection, backOff };
    track(program.start([broker.url], {}, { ...FAST_TIMING, connection }));
    const started = performance.now();
    await until('five attempts', () => broker.connections === 5);
    // 100 + 200 + 400 + 800 ms; only the lower bound is certain on a busy machine.
    expect(performance.now() - started).toBeGreaterThan(1400);
  });
});

describe.runIf(requirements('mosquitto', 'mosquitto_sub')).each(PROGRAMS)(
  'a long message: $name',
  (program) => {
    const topics = { ifcastd: 'homeassistant/device/x/config', ifcast: 'ifcast/gw/info' };

    it.each(['5', '3.1.1'] as const)('is left out and told once, with MQTT %s', async (version) => {
      const mosquitto = track(await Mosquitto.start());
      const topic = topics[program.name];
      const client = await connectAsync(mosquitto.url);
      await client.publishAsync(topic, Buffer.alloc(1_200_000, 'x'), { retain: true, qos: 1 });
      await client.endAsync();
      const running = track(program.start([mosquitto.url], { version }, FAST_TIMING, true));
      const told = () => running.lines.filter((line) => line.includes(topic));
      await until('that it is told', () => told().length === 1);
      expect(told()[0]).toMatch(
        /a message of 12000\d\d bytes on .* is left out|a packet of 12000\d\d bytes is not read/,
      );
      // The broker cannot have hung up: what is published after it comes through.
      const sub = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['ifcast/#'] }));
      if (program === IFCASTD)
        await sub.until('online', () => sub.on('ifcast/gw/status').at(-1)?.payload === 'online');
      expect(running.lines.filter((line) => line.includes('connected to'))).toHaveLength(1);
      expect(running.lines.join()).not.toMatch(/lost|no connection/);
    });
  },
);

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('a peer that may write', () => {
  const info = (startedAt: string): string =>
    encodeMessage(
      infoMessage(describeHost(['eth0'], ['all'], { bootId: 'other', startedAt: new Date(startedAt) })),
    );
  const stats = (ms: number): string => encodeMessage(statsMessage(snapshotAt(ms, 'eth9'), undefined, 1));

  it.each(['5', '3.1.1'] as const)(
    'does not silence a daemon with an info, nor with what is played back, with MQTT %s',
    async (version) => {
      const mosquitto = track(await Mosquitto.start());
      const daemon = ticking(publisherOptions([mosquitto.url], { version }));
      daemon.publisher.health(VITALS);
      const sub = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['ifcast/gw/#'] }));
      await sub.until('stats', () => statsOf(sub).length > 3);
      const client = await connectAsync(mosquitto.url);
      track({ close: () => client.endAsync(true) });
      for (const retain of [false, true]) {
        await client.publishAsync('ifcast/gw/info', info('2026-11-21T07:00:00.000Z'), { retain, qos: 1 });
        // From before the daemon's start, and a later one that comes again and again.
        for (let i = 0; i < 5; i++) {
          await client.publishAsync('ifcast/gw/eth9/stats', stats(i - 10_000));
          await client.publishAsync('ifcast/gw/eth9/stats', stats(5000));
        }
        await until('that it is told', () => daemon.said('an "info" of another ifcastd') > 0);
        const sent = statsOf(sub).length;
        await sub.until('more stats', () => statsOf(sub).length > sent + 20);
        await sub.until('its own info', () => (sub.newest('ifcast/gw/info') as Info).boot_id === 'boot-1');
      }
      expect(daemon.said('stands by')).toBe(0);
      await sub.until(
        'health',
        () => (sub.newest('ifcast/gw/health') as Health).problem?.includes('this one goes on') === true,
      );
    },
  );

  it('is believed when it broadcasts, and the daemon says in health that it stands by', async () => {
    const mosquitto = track(await Mosquitto.start());
    const daemon = ticking(publisherOptions([mosquitto.url]));
    daemon.publisher.health(VITALS);
    await until('the connect', () => daemon.said('connected to') === 1);
    const sub = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['ifcast/gw/#'] }));
    const client = await connectAsync(mosquitto.url);
    track({ close: () => client.endAsync(true) });
    await client.publishAsync('ifcast/gw/info', info('2026-11-21T07:00:00.000Z'), { qos: 1 });
    await until('that it is told', () => daemon.said('an "info" of another ifcastd') > 0);
    for (let ms = 60_000; daemon.said('stands by') === 0; ms += 500) {
      await client.publishAsync('ifcast/gw/eth9/stats', stats(ms), { qos: 1 });
    }
    await sub.until(
      'health',
      () => (sub.newest('ifcast/gw/health') as Health | undefined)?.problem?.includes('stands by') === true,
    );
  });
});

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('a broker that refuses stats', () => {
  it.each(['5', '3.1.1'] as const)(
    'is told once, with the topic and the remedy, with MQTT %s',
    async (version) => {
      const mosquitto = track(await Mosquitto.start());
      await mosquitto.stop();
      const acl = join(mosquitto.directory, 'acl');
      writeFileSync(acl, 'topic readwrite ifcast/gw/status\ntopic readwrite ifcast/gw/info\n', {
        mode: 0o600,
      });
      mosquitto.configure(['allow_anonymous true', `acl_file ${acl}`]);
      await mosquitto.start();
      const daemon = ticking(publisherOptions([mosquitto.url], { version }));
      await until('that it is told', () => daemon.said('ifcast/gw/eth0/stats') === 1, 20_000);
      expect(daemon.lines.find((line) => line.includes('eth0/stats'))).toMatch(
        version === '5'
          ? /error: the broker refuses ifcast\/gw\/eth0\/stats: Not authorized: allow the user to write it \(docs\/brokers\.md, Login\)$/
          : /error: what is published on ifcast\/gw\/eth0\/stats does not come back: the broker may refuse it; allow the user to write and read it/,
      );
      await mosquitto.kill();
      await mosquitto.start();
      await until('the reconnect', () => daemon.said('connected to') === 2);
      const told = daemon.ms;
      await until('more ticks', () => daemon.ms > told + 10_000);
      expect(daemon.said('ifcast/gw/eth0/stats')).toBe(1);
    },
  );
});

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('a second daemon', () => {
  it.each(['5', '3.1.1'] as const)(
    'with the same client id and host is found and stands by, with MQTT %s',
    async (version) => {
      const mosquitto = track(await Mosquitto.start());
      const sub = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['ifcast/gw/#'] }));
      const first = ticking(publisherOptions([mosquitto.url], { version }));
      await until('the first', () => first.said('connected to') === 1);
      const { log, lines } = recordingLog();
      const second = new MqttPublisher(publisherOptions([mosquitto.url], { version }), log, FAST_TIMING);
      const later = describeHost(['eth1'], ['all'], {
        bootId: 'boot-2',
        startedAt: new Date('2026-11-21T08:00:00.001Z'),
      });
      second.describe(later);
      await second.start();
      track({ close: () => second.stop() });
      const said = (words: string) => [...first.lines, ...lines].some((line) => line.includes(words));
      await until(
        'that it is said',
        () =>
          said('stands by') &&
          (said('uses the client id "ifcast-gw"') || said('may use the client id "ifcast-gw"')),
        30_000,
      );
      const connects = () => (mosquitto.log.match(/New client connected from .* as ifcast-gw/g) ?? []).length;
      const ticksUntil = (ms: number) => until('many ticks', () => first.ms > ms);
      await ticksUntil(first.ms + 25_000);
      const settled = connects();
      expect(settled).toBeLessThan(20);
      second.publish([snapshotAt(0, 'eth1')]);
      await ticksUntil(first.ms + 50_000);
      expect(connects()).toBe(settled);
      expect(sub.newest('ifcast/gw/info')).toMatchObject({ boot_id: 'boot-1' });
      expect(sub.on('ifcast/gw/eth1/stats')).toEqual([]);
      first.publisher.health(VITALS);
      await sub.until('health', () => sub.on('ifcast/gw/health').length > 0);
      expect(sub.newest('ifcast/gw/health')).toMatchObject({
        problem: expect.stringMatching(/another ifcastd/),
      });

      await first.close();
      await until('that it goes on', () => lines.some((line) => line.includes('publishing again')));
      second.publish([snapshotAt(500, 'eth1')]);
      await sub.until('its stats', () => sub.on('ifcast/gw/eth1/stats').length > 0);
      expect(sub.newest('ifcast/gw/info')).toMatchObject({ boot_id: 'boot-2' });
      expect(sub.on('ifcast/gw/status').at(-1)?.payload).toBe('online');
    },
  );

  it('with the same client id on another host goes on beside the first', async () => {
    const mosquitto = track(await Mosquitto.start());
    const options = publisherOptions([mosquitto.url], { clientId: 'copied' });
    const sub = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['ifcast/+/status'] }));
    const first = ticking(options);
    await until('the first', () => first.said('connected to') === 1);
    const second = ticking({ ...options, host: 'other' });
    await until('that it is said', () => first.said('as "copied-') + second.said('as "copied-') > 0);
    await sub.until('both', () =>
      ['gw', 'other'].every((host) => sub.on(`ifcast/${host}/status`).at(-1)?.payload === 'online'),
    );
    const connects = first.said('connected to') + second.said('connected to');
    const ticks = first.ms;
    await until('many ticks', () => first.ms > ticks + 50_000);
    expect(first.said('connected to') + second.said('connected to')).toBe(connects);
  });

  it('started after a run that was killed is not held back by what that run left', async () => {
    const mosquitto = track(await Mosquitto.start());
    const first = ticking(publisherOptions([mosquitto.url]), FAST_TIMING, 'boot-1');
    await until('the first', () => first.said('connected to') === 1);
    await first.close();
    const sub = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['ifcast/gw/eth0/stats'] }));
    const second = ticking(publisherOptions([mosquitto.url]), FAST_TIMING, 'boot-2');
    await sub.until('stats', () => statsOf(sub).length > 5);
    expect(second.lines).toHaveLength(1);
  });
});

describe('stop()', () => {
  it('leaves offline behind on a healthy broker, at once', async () => {
    const mosquitto = track(await Mosquitto.start());
    const daemon = ticking(publisherOptions([mosquitto.url]), DEFAULT_PUBLISHER_TIMING);
    await until('the connect', () => daemon.said('connected to') === 1);
    const started = performance.now();
    await daemon.close();
    expect(performance.now() - started).toBeLessThan(3000);
    const late = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['ifcast/gw/status'] }));
    await late.until('offline', () => late.messages.length > 0);
    expect(late.messages).toMatchObject([{ payload: 'offline', retain: 1 }]);
    // Said by us: with a clean end there is no last will.
    expect(mosquitto.log).toContain('Received DISCONNECT from ifcast-gw');
  });

  it('ends within 3 s with a broker that hangs', async () => {
    const broker = track(await FaultyBroker.start('hung'));
    const daemon = ticking(publisherOptions([broker.url]), DEFAULT_PUBLISHER_TIMING);
    await until('the connect', () => daemon.said('connected to') === 1);
    const started = performance.now();
    await daemon.close();
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it.each(['silent', 'closes', 'flapping'] as const)('ends within 3 s when it %s', async (fault) => {
    const broker = track(await FaultyBroker.start(fault));
    const daemon = ticking(publisherOptions([broker.url]), DEFAULT_PUBLISHER_TIMING);
    await until('an attempt', () => broker.connections > 0);
    const started = performance.now();
    await daemon.close();
    expect(performance.now() - started).toBeLessThan(3000);
    const { connections } = broker;
    await new Promise((resolve) => setImmediate(resolve));
    expect(broker.connections).toBe(connections);
  });

  it('ends at once without a broker', async () => {
    const daemon = ticking(
      publisherOptions([`mqtt://127.0.0.1:${await freePort()}`]),
      DEFAULT_PUBLISHER_TIMING,
    );
    await until('the refusal', () => daemon.said('cannot connect') === 1);
    await daemon.close();
  });

  it('corrects the online that a broker still holds which came back a moment ago', async () => {
    const mosquitto = track(await Mosquitto.start());
    const persistence = [
      'persistence true',
      `persistence_location ${mosquitto.directory}/`,
      'autosave_interval 1',
    ];
    await mosquitto.stop();
    mosquitto.configure([...persistence, 'autosave_on_changes true']);
    await mosquitto.start();
    const backOff = { minMs: 600_000, maxMs: 600_000, random: () => 0 };
    const slow = { ...FAST_TIMING, connection: { ...FAST_TIMING.connection, backOff } };
    const daemon = ticking(publisherOptions([mosquitto.url]), slow);
    await until('online', () => mosquitto.log.includes('Sending PUBACK'));
    await mosquitto.kill();
    await until('the loss', () => daemon.said('lost') === 1);
    await mosquitto.start();
    await daemon.close();
    const late = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['ifcast/gw/status'] }));
    await late.until('offline', () => late.messages.length > 0);
    expect(late.messages).toMatchObject([{ payload: 'offline', retain: 1 }]);
  });
});
