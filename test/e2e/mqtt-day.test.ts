/** A day of counting in less than a minute, with brokers, interfaces and configurations that come and go. */
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { DEFAULT_SIZE_UPPER_BOUNDS, decodePayload, parseStats } from '@ifcast/protocol';
import { connectAsync } from 'mqtt';
import { describe, expect, it } from 'vitest';

import { Totals } from '../../packages/daemon/src/capture/totals.ts';
import { MqttPublisher } from '../../packages/daemon/src/outputs/mqtt/mqtt-publisher.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import {
  describeHost,
  FAST_TIMING,
  publisherOptions,
  recordingLog,
  SINCE,
  until,
} from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { closedAfterEach } from '../support/track.ts';

const DAY_MS = 24 * 3600 * 1000;
const TICK_MS = 500;
const MIB = 1024 * 1024;
const BUCKETS = DEFAULT_SIZE_UPPER_BOUNDS.length + 1;

const track = closedAfterEach();

/** The same numbers at every run (Lehmer, 1951). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** What an interface has been sent, and what is counted of it. */
class Traffic {
  /** Packets and bytes by filter, since it was configured. */
  readonly sent = new Map<string, { packets: bigint; bytes: bigint }>();
  readonly totals: Totals;
  #filters: readonly string[];

  constructor(filters: readonly string[], now: () => Date) {
    this.#filters = filters;
    this.totals = new Totals(
      captureFilters(filters),
      DEFAULT_SIZE_UPPER_BOUNDS,
      { losses: true, directions: true },
      now,
    );
  }

  send(random: (below: number) => number): void {
    this.#filters.forEach((id, index) => {
      const sizes = Array.from({ length: BUCKETS }, () => BigInt(random(1000)));
      const packets = sizes.reduce((sum, size) => sum + size, 0n);
      const bytes = packets * BigInt(60 + random(1440));
      this.totals.add(index, { bytes, sizes, incoming: { packets, bytes } });
      const before = this.sent.get(id) ?? { packets: 0n, bytes: 0n };
      this.sent.set(id, { packets: before.packets + packets, bytes: before.bytes + bytes });
    });
  }

  configure(filters: readonly string[]): void {
    this.#filters = filters;
    this.totals.replace(captureFilters(filters), DEFAULT_SIZE_UPPER_BOUNDS);
  }
}

function captureFilters(ids: readonly string[]): { id: string; expression: string }[] {
  return ids.map((id) => ({ id, expression: id }));
}

describe.runIf(requirements('mosquitto'))('a day', () => {
  it('ends with the totals of all packets sent, and no more memory than it began with', {
    timeout: 180_000,
  }, async () => {
    const random = randomNumbers(20_261_121);
    // Its log would be the largest thing in memory here.
    const mosquitto = await Mosquitto.start({ config: ['log_type none'] });
    track(mosquitto);
    const proxy = await TcpProxy.start(mosquitto.port);
    track({ close: () => proxy.cut() });

    let ms = 0;
    const now = () => new Date(SINCE.getTime() + ms);
    let filters: readonly string[] = ['all', 'web', 'dns'];
    const traffic = new Map(['eth0', 'eth1'].map((iface) => [iface, new Traffic(filters, now)]));
    const up = new Map([...traffic.keys()].map((iface) => [iface, true]));

    // What the limit of the log leaves out is still there at this level.
    const { log, lines } = recordingLog('debug');
    const options = publisherOptions(
      [proxy.url],
      { keepaliveS: 1, clientId: 'day' },
      { enabled: true, buckets: true },
    );
    const publisher = new MqttPublisher(options, log, FAST_TIMING);
    track({ close: () => publisher.stop() });
    const describeNow = () => publisher.describe(describeHost([...traffic.keys()], filters));
    describeNow();
    await publisher.start();

    // Straight at the broker: what it sees is what got through.
    const seen = new Map<string, { packets: bigint; bytes: bigint; since: string }>();
    let received = 0;
    const watch = async () => {
      const client = await connectAsync(mosquitto.url, { reconnectPeriod: 0 });
      client.on('error', () => {});
      client.on('message', (topic, payload) => {
        const { since, filters: counted } = parseStats(decodePayload(payload));
        received++;
        for (const { id, packets_total: packets, bytes_total: bytes } of counted) {
          const key = `${topic} ${id}`;
          const before = seen.get(key);
          if (before?.since === since && (before.packets > packets || before.bytes > bytes)) {
            throw new Error(`${key} fell from ${before.packets} to ${packets}`);
          }
          seen.set(key, { packets, bytes, since });
        }
      });
      await client.subscribeAsync('ifcast/gw/+/stats');
      return client;
    };
    let client = await watch();
    track({ close: () => client.end(true) });

    /** A fault of the broker: whether it has lasted long enough, and what ends it. */
    interface BrokerFault {
      over(): boolean;
      end(): Promise<void> | void;
    }
    const lasting: { fault: BrokerFault | null } = { fault: null };
    const brokerFaults: (() => Promise<BrokerFault>)[] = [
      async () => {
        await proxy.cut();
        const until = ms + random(2_000_000);
        return { over: () => ms > until, end: () => proxy.open() };
      },
      async () => {
        client.end(true);
        await mosquitto.kill();
        await mosquitto.start();
        client = await watch();
        return { over: () => true, end: () => {} };
      },
      async () => {
        mosquitto.pause();
        const before = lines.length;
        const noticed = () => lines.slice(before).some((line) => /no longer answers|says nothing/.test(line));
        return { over: noticed, end: () => mosquitto.resume() };
      },
    ];
    const beginFault = async (n: number): Promise<void> => {
      if (n % 5 === 3) {
        const iface = random(2) === 0 ? 'eth0' : 'eth1';
        up.set(iface, up.get(iface) !== true);
        describeNow();
      } else if (n % 5 === 4) {
        filters = random(2) === 0 ? ['all', 'web', 'dns'] : ['all', 'dns', 'new'];
        for (const each of traffic.values()) each.configure(filters);
        describeNow();
      } else {
        // A hang takes real time to be noticed: not every time.
        lasting.fault ??= await brokerFaults[n % 10 === 7 ? 0 : n % 5]!();
      }
    };

    let heap = 0;
    for (let tick = 0; ms < DAY_MS; tick++) {
      ms += TICK_MS;
      for (const [iface, each] of traffic) if (up.get(iface)) each.send(random);
      publisher.publish(
        [...traffic].map(([iface, each]) => ({
          iface,
          takenAt: now(),
          monotonicMs: ms,
          counts: each.totals.read(),
        })),
      );
      if (ms % 60_000 === 0) {
        publisher.health({
          uptimeS: ms / 1000,
          rssBytes: 1,
          eventLoopLagMsP99: 0,
          captureRestarts: 0,
          problem: null,
        });
      }
      if (tick % 3000 === 2999) await beginFault(Math.floor(tick / 3000));
      if (lasting.fault?.over()) {
        await lasting.fault.end();
        lasting.fault = null;
      }
      if (tick === 20_000) heap = heapAfterCollection();
      // An hour passes in half a second, and messages travel in real time.
      if (tick % 100 === 0) await setTimeout(7);
    }
    await lasting.fault?.end();
    expect(heapAfterCollection() - heap).toBeLessThan(2 * MIB);
    expect(lines.filter((line) => line.includes('lost')).length).toBeGreaterThan(5);
    expect(received).toBeGreaterThan(5000);

    const wanted = [...traffic].flatMap(([iface, { totals }]) =>
      totals.read().filters.map(({ id, bytes, sizes }) => ({
        key: `ifcast/gw/${iface}/stats ${id}`,
        packets: sizes.reduce((sum, size) => sum + size, 0n),
        bytes,
        sent: traffic.get(iface)!.sent.get(id) ?? { packets: 0n, bytes: 0n },
      })),
    );
    for (const { packets, bytes, sent } of wanted) expect({ packets, bytes }).toEqual(sent);
    await until(
      'the last totals',
      () => {
        ms += TICK_MS;
        publisher.publish(
          [...traffic].map(([iface, each]) => ({
            iface,
            takenAt: now(),
            monotonicMs: ms,
            counts: each.totals.read(),
          })),
        );
        return wanted.every(
          ({ key, packets, bytes }) => seen.get(key)?.packets === packets && seen.get(key)?.bytes === bytes,
        );
      },
      30_000,
    );
  });
});
