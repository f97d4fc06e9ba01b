/** The built ifcastd as a process of its own, with brokers that fail. It replays a capture: it needs no privilege. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { FaultyBroker } from '../support/faulty-broker.ts';
import { freePort } from '../support/free-port.ts';
import { Ifcastd } from '../support/ifcastd.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import { until } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { closedAfterEach } from '../support/track.ts';

const CAPTURE = fileURLToPath(new URL('../../config/examples/sample.pcap', import.meta.url));
const KIB = 1024;
/** Without a compiler that warms up for minutes and without garbage, memory is what is in use. */
const STEADY = '--jitless --expose-gc --import data:text/javascript,setInterval(gc,500).unref()';
const LONG = process.env['IFCAST_LONG_TESTS'] === '1';
if (!LONG)
  process.stderr.write('shortened: a broker is gone for 5 s instead of 60 s (IFCAST_LONG_TESTS=1)\n');

const track = closedAfterEach();

function daemon(port: number, nodeOptions = ''): Ifcastd {
  const config = `host = "gw"\n[mqtt]\nurl = "mqtt://127.0.0.1:${port}"\n`;
  return track(new Ifcastd({ config, args: ['--replay', CAPTURE], env: { NODE_OPTIONS: nodeOptions } }));
}

/** Ends the daemon as systemd does. */
async function terminate(process: Ifcastd): Promise<void> {
  const started = performance.now();
  expect(await process.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(performance.now() - started).toBeLessThan(3000);
}

/** Resident memory that belongs to the process alone, in KiB. */
function residentKib(pid: number): number {
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('ifcastd', () => {
  const stats = (sub: MosquittoSub) => sub.messages.filter(({ topic }) => topic.endsWith('/stats'));
  const totals = (sub: MosquittoSub): number[] =>
    stats(sub).map(({ payload }) => JSON.parse(payload).filters[0].packets_total);

  it('leaves offline behind at SIGTERM, and at SIGKILL within a second', async () => {
    const { port } = track(await Mosquitto.start());
    const sub = track(await MosquittoSub.start({ port, topics: ['ifcast/#'] }));
    const words = () => sub.on('ifcast/gw/status').map(({ payload }) => payload);
    const first = daemon(port);
    await sub.until('stats', () => stats(sub).length > 0);
    await terminate(first);
    await sub.until('offline', () => words().join() === 'online,offline');
    const second = daemon(port);
    await sub.until('online', () => words().length === 3);
    await second.end('SIGKILL');
    await sub.until('offline', () => words().at(-1) === 'offline', 1000);
  });

  it('ends within 3 s of SIGTERM with a broker that hangs', async () => {
    const broker = track(await FaultyBroker.start('hung'));
    const it = daemon(broker.port);
    await until('the connect', () => it.log.includes('connected to'));
    await terminate(it);
  });

  it('ends within 3 s of SIGTERM with a broker that was stopped', async () => {
    const broker = track(await Mosquitto.start());
    const it = daemon(broker.port);
    await until('the connect', () => it.log.includes('connected to'));
    broker.pause();
    await terminate(it);
    broker.resume();
    const late = track(await MosquittoSub.start({ port: broker.port, topics: ['ifcast/gw/status'] }));
    await late.until('offline', () => late.messages.at(-1)?.payload === 'offline');
  });

  it('ends within 3 s of SIGTERM without a broker', async () => {
    const it = daemon(await freePort());
    await until('the refusal', () => it.log.includes('cannot connect'));
    await terminate(it);
  });

  it(`has fresh stats within 9 s of the return of a broker that was killed for ${LONG ? 60 : 5} s, and has not grown`, {
    timeout: 120_000,
  }, async () => {
    const broker = track(await Mosquitto.start());
    const it = daemon(broker.port, STEADY);
    const before = track(await MosquittoSub.start({ port: broker.port, topics: ['ifcast/#'] }));
    // Long enough for the program to have loaded and compiled what it uses.
    await before.until('a warm daemon', () => stats(before).length > 10, 30_000);
    await broker.kill();
    await until('the loss', () => it.log.includes('lost mqtt://'));
    const start = performance.now();
    const kib: number[] = [];
    await until(
      'the outage',
      () => {
        kib.push(residentKib(it.pid));
        return performance.now() - start > (LONG ? 60_000 : 5000);
      },
      90_000,
    );
    await broker.start();
    const after = track(await MosquittoSub.start({ port: broker.port, topics: ['ifcast/#'] }));
    await after.until('fresh stats', () => stats(after).length > 0, 9000);
    expect(totals(after)[0]).toBeGreaterThanOrEqual(totals(before).at(-1)!);
    const half = Math.floor(kib.length / 2);
    expect(Math.min(...kib.slice(half)) - Math.min(...kib.slice(0, half))).toBeLessThan(KIB);
  });
});
