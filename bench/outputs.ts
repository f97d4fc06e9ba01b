// What outputs and triggers take: `npm run bench outputs`, as root. Scrapes of Prometheus, and from a packet to a trigger's message.
import { Agent, get } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';

import { connectAsync } from 'mqtt';

import { exposition } from '../packages/daemon/src/outputs/prometheus/exposition.ts';
import type { MetricFamily } from '../packages/daemon/src/outputs/prometheus/metric-family.ts';
import { metrics } from '../packages/daemon/src/outputs/prometheus/metrics.ts';
import { ScrapeServer } from '../packages/daemon/src/outputs/prometheus/scrape-server.ts';
import { freePort } from '../test/support/free-port.ts';
import { Ifcastd } from '../test/support/ifcastd.ts';
import { Mosquitto } from '../test/support/mosquitto.ts';
import { describeHost, snapshotAt } from '../test/support/publishing.ts';

const RUNS = 50;

const line = (what: string, value: string) =>
  process.stdout.write(`${what.padEnd(64)} ${value.padStart(14)}\n`);
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const percentile = (values: readonly number[], p: number) =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * p))]!;

const agent = new Agent({ keepAlive: true });

/** Milliseconds for a scrape, and its length. */
async function scrape(port: number): Promise<{ ms: number; bytes: number }> {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/metrics', agent }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('end', () => resolve({ ms: performance.now() - begin, bytes }));
    }).on('error', reject);
  });
}

async function scrapes(name: string, families: () => Iterable<MetricFamily>, runs: number): Promise<void> {
  const port = await freePort();
  const server = new ScrapeServer({ host: '127.0.0.1', port }, (format) => exposition(families(), format));
  await server.start();
  await scrape(port);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const times: number[] = [];
  let bytes = 0;
  for (let run = 0; run < runs; run++) {
    const scraped = await scrape(port);
    times.push(scraped.ms);
    bytes = scraped.bytes;
  }
  delay.disable();
  line(`${name}: a scrape, median`, `${percentile(times, 0.5).toFixed(2)} ms`);
  line(`${name}: bytes`, String(bytes));
  line(`${name}: the event loop was held at most`, `${(delay.max / 1e6).toFixed(1)} ms`);
  await server.stop();
}

const description = describeHost();
const observation = { description, snapshots: [snapshotAt(0)], vitals: null, outputs: [] };
await scrapes('one interface', () => metrics(observation), RUNS);

function* rows(): Generator<MetricFamily> {
  const upperBounds = description.sizeUpperBounds;
  const sizes = [...upperBounds, 0].map((bound) => BigInt(bound) * 1_000_003n);
  const created = new Date();
  const samples = (function* () {
    for (let row = 0; row < 100_000; row++) {
      const address = `10.${row >> 16}.${(row >> 8) & 0xff}.${row & 0xff}`;
      yield {
        labels: [
          ['interface', 'eth0'],
          ['address', address],
        ] as const,
        value: sizes[1]! + BigInt(row),
        created,
      };
    }
  })();
  yield { name: 'ifcast_bench', type: 'counter', help: 'Rows.', samples };
}
await scrapes('100,000 rows', rows, 5);
agent.destroy();

const broker = await Mosquitto.start();
const config = `interface = "lo"
host = "bench"
delay_ms = 500
[mqtt]
url = "${broker.url}"
[[filter]]
id = "probe"
match = "udp dst port 40999"
[[trigger]]
id = "probe"
filter = "probe"
mqtt = { topic = "bench/probe", payload = "{packets}" }
`;
const daemon = new Ifcastd({ config });
const client = await connectAsync(broker.url);
await client.subscribeAsync('bench/probe', { qos: 1 });
while (!daemon.log.includes('connected to')) await wait(20);
await wait(500);
const { createSocket } = await import('node:dgram');
const sender = createSocket('udp4');
const latencies: number[] = [];
for (let run = 0; run < RUNS; run++) {
  const arrived = new Promise<void>((resolve) => client.once('message', () => resolve()));
  const begin = performance.now();
  sender.send('x', 40999, '127.0.0.1');
  await arrived;
  latencies.push(performance.now() - begin);
  // At most once a second, at another moment of the daemon's clock each time.
  await wait(1_000 + ((run * 37) % 100));
}
line('from a packet to its trigger’s message, median', `${percentile(latencies, 0.5).toFixed(1)} ms`);
line(
  'from a packet to its trigger’s message, 99th percentile',
  `${percentile(latencies, 0.99).toFixed(1)} ms`,
);
sender.close();
await client.endAsync();
await daemon.close();
await broker.close();
