import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { httpRequest } from '../support/http.ts';
import { Ifcastd } from '../support/ifcastd.ts';
import { createVethPair, type VethPair } from '../support/netns.ts';
import { packetMix } from '../support/packet-mix.ts';
import { requirements } from '../support/requirements.ts';
import { type Counted, LiveTcpdumps, sendFrames } from '../support/tcpdump.ts';

const FRAMES = packetMix();
const LISTEN = '127.0.0.1:9112';
const PROMETHEUS = 'http://127.0.0.1:9090';
/** How long Prometheus scrapes before it is asked. */
const SCRAPES = process.env['IFCAST_LONG_TESTS'] === '1' ? 60 : 5;

/** What `promtool query instant` prints in JSON. */
interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

describe.runIf(
  requirements(
    'root',
    'bpf',
    'ip',
    'ethtool',
    'tcpdump',
    'tcpreplay',
    'nc',
    'prometheus',
    'promtool',
    'prometheus-node-exporter',
  ),
)('metrics for Prometheus', () => {
  let pair: VethPair;
  let directory: string;
  let daemon: Ifcastd;
  let counted: readonly Counted[];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'ifcast-prometheus-'));
    pair = await createVethPair();
    daemon = new Ifcastd({ config: config(), end: pair.b });
    await scraped('ifcast_interface_up{interface="veth-b"} 1');
    const dumps = await LiveTcpdumps.start(pair.b, ['', 'tcp']);
    await sendFrames(pair.a, FRAMES);
    await scraped(`_count{interface="veth-b",filter="all"} ${FRAMES.length}\n`);
    counted = await dumps.stop();
  });

  afterAll(async () => {
    await daemon.close();
    await pair.close();
    rmSync(directory, { recursive: true });
  });

  function config(extra = ''): string {
    return `
interface = "veth-b"
host = "box"
delay_ms = 100
[mqtt]
url = "mqtt://127.0.0.1"
[prometheus]
listen = "${LISTEN}"
textfile = "${directory}/ifcast.prom"
promacct = true
${extra}
[[filter]]
id = "all"
[[filter]]
id = "tcp"
name = 'A "quoted" name'
proto = "tcp"
`;
  }

  async function scrape(accept = 'text/plain'): Promise<string> {
    return get('/metrics', { accept }).then(({ body }) => body);
  }

  /** Waits until a scrape has this in it. */
  async function scraped(text: string): Promise<void> {
    const look = async () => expect(await scrape().catch(() => daemon.log)).toContain(text);
    await vi.waitFor(look, { timeout: 10_000, interval: 50 });
  }

  async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
    return httpRequest(pair.b, `http://${LISTEN}${path}`, headers, method);
  }

  async function query(expression: string): Promise<Series[]> {
    return JSON.parse(
      await pair.b.exec('promtool', 'query', 'instant', '-o', 'json', PROMETHEUS, expression),
    );
  }

  async function queried(expression: string): Promise<number> {
    const series = await query(expression);
    expect(series.length, expression).toBe(1);
    return Number(series[0]!.value[1]);
  }

  test('promtool finds nothing to say of the text', async () => {
    const file = join(directory, 'scraped');
    writeFileSync(file, await scrape());
    expect(await pair.b.exec('sh', '-c', `promtool check metrics <${file} 2>&1`)).toBe('');
  });

  test('the reference parser of OpenMetrics reads every number', async () => {
    const { headers, body } = await get('/metrics', {
      accept: 'application/openmetrics-text; version=1.0.0',
    });
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    const file = join(directory, 'scraped');
    writeFileSync(file, body);
    const program = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
print(json.dumps([[s.name, s.labels, s.value] for f in text_string_to_metric_families(open(sys.argv[1]).read()) for s in f.samples]))`;
    const samples: [string, Record<string, string>, number][] = JSON.parse(
      await pair.b.exec('/usr/bin/python3', '-c', program, file),
    );
    const of = (name: string, filter: string) =>
      samples.filter(([sample, labels]) => sample === name && labels['filter'] === filter);
    expect(of('ifcast_filter_info', 'tcp')[0]?.[1]).toEqual({
      filter: 'tcp',
      name: 'A "quoted" name',
      expression: 'tcp',
    });
    ['all', 'tcp'].forEach((filter, index) => {
      const { packets, bytes, sizes } = counted[index]!;
      expect(of('ifcast_packet_size_bytes_count', filter)[0]?.[2]).toBe(Number(packets));
      expect(of('ifcast_packet_size_bytes_sum', filter)[0]?.[2]).toBe(Number(bytes));
      const buckets = of('ifcast_packet_size_bytes_bucket', filter).map(([, , value]) => value);
      expect(buckets).toEqual(cumulative(sizes));
    });
  });

  test('Prometheus scrapes it, and answers with what tcpdump has counted', async () => {
    const file = join(directory, 'prometheus.yml');
    writeFileSync(
      file,
      `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: ifcast, static_configs: [{targets: ["${LISTEN}"]}]}]\n`,
    );
    pair.b.spawn(
      'prometheus',
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${directory}/tsdb`,
        '--web.listen-address=127.0.0.1:9090',
      ],
      { stdio: 'ignore' },
    );
    await expect
      .poll(() => queried('count_over_time(up[5m])').catch(() => 0), {
        timeout: SCRAPES * 2_000 + 30_000,
        interval: 500,
      })
      .toBeGreaterThanOrEqual(SCRAPES);
    expect(await queried('min_over_time(up[5m])')).toBe(1);
    const [all] = counted;
    expect(await queried('ifcast_packet_size_bytes_count{filter="all"}')).toBe(Number(all!.packets));
    expect(
      await queried('histogram_quantile(0.5, ifcast_packet_size_bytes_bucket{filter="all"})'),
    ).toBeCloseTo(quantile(0.5, all!.sizes), 6);
    expect(await queried('rate(ifcast_packet_size_bytes_sum{filter="all"}[1m])')).toBe(0);
    const dumps = await LiveTcpdumps.start(pair.b, ['']);
    await sendFrames(pair.a, FRAMES);
    const [more] = await dumps.stop();
    const total = Number(all!.bytes + more!.bytes);
    await expect
      .poll(() => queried('ifcast_packet_size_bytes_sum{filter="all"}'), { timeout: 10_000 })
      .toBe(total);
    // Between its two ends a rate is the difference over the time, which a subquery shows without extrapolation.
    const difference =
      'max_over_time(ifcast_packet_size_bytes_sum{filter="all"}[5m]) - min_over_time(ifcast_packet_size_bytes_sum{filter="all"}[5m])';
    expect(await queried(difference)).toBe(Number(more!.bytes));
    expect(await queried('rate(ifcast_packet_size_bytes_sum{filter="all"}[1m])')).toBeGreaterThan(0);
  });

  test('node_exporter reads the text file', async () => {
    await expect.poll(() => readdirSync(directory), { timeout: 15_000 }).toContain('ifcast.prom');
    pair.b.spawn(
      'prometheus-node-exporter',
      [
        '--collector.disable-defaults',
        '--collector.textfile',
        `--collector.textfile.directory=${directory}`,
        '--web.listen-address=127.0.0.1:9100',
      ],
      { stdio: 'ignore' },
    );
    const read = async () => (await httpRequest(pair.b, 'http://127.0.0.1:9100/metrics')).body;
    await expect
      .poll(() => read().catch(() => ''), { timeout: 10_000 })
      .toContain('node_textfile_scrape_error 0');
    expect(await read()).toContain('ifcast_packet_size_bytes_count{filter="all",interface="veth-b"}');
  });

  test('promacct: the same packets without their Ethernet header', async () => {
    const { packets, bytes } = counted[0]!;
    const text = await scrape();
    const sum = Number(/^promacct_packet_size_bytes_all_sum\{interface="veth-b"\} (\d+)$/m.exec(text)?.[1]);
    const count = Number(
      /^promacct_packet_size_bytes_all_count\{interface="veth-b"\} (\d+)$/m.exec(text)?.[1],
    );
    expect(count % Number(packets)).toBe(0);
    expect(sum).toBe((count / Number(packets)) * (Number(bytes) - 14 * Number(packets)));
    expect(text).toContain('promacct_packet_size_bytes_all_bucket{interface="veth-b",le="50.0"}');
  });

  test('only GET of two paths is answered', async () => {
    expect((await get('/')).body).toContain('/metrics');
    expect((await get('/secrets')).status).toBe(404);
    const post = await get('/metrics', {}, 'POST');
    expect([post.status, post.headers['allow']]).toEqual([405, 'GET, HEAD']);
    expect((await get('/metrics', {}, 'HEAD')).body).toBe('');
  });

  test('who connects and says nothing holds up nobody, and a connection too many is closed', async () => {
    const crowd = pair.b.spawn(
      process.execPath,
      [
        '-e',
        `const all = Array.from({ length: 116 }, () => require('net').connect(9112, '127.0.0.1').on('error', () => {}));
         setInterval(() => console.log(all.filter((socket) => socket.closed).length), 50);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let closed = 0;
    crowd.stdout!.on('data', (chunk: Buffer) => {
      closed = Math.max(closed, ...chunk.toString().trim().split('\n').map(Number));
    });
    await expect.poll(() => closed, { timeout: 10_000 }).toBeGreaterThanOrEqual(100);
    // Those that say nothing are given up, and a scrape is answered again.
    await expect.poll(() => scrape().catch(() => ''), { timeout: 15_000 }).toContain('ifcast_build_info');
    crowd.kill();
  });

  describe('faults', () => {
    const daemons: Ifcastd[] = [];
    afterEach(async () => {
      await Promise.all(daemons.splice(0).map((other) => other.close()));
    });

    test('a port that is taken is one sentence, and counting goes on', async () => {
      const other = new Ifcastd({ config: config(), end: pair.b });
      daemons.push(other);
      await expect
        .poll(() => other.log, { timeout: 10_000 })
        .toContain(`another program listens on ${LISTEN}: end it, or give prometheus.listen another port`);
      expect(other.log.match(/another program listens/g)?.length).toBe(1);
      expect(other.child.exitCode).toBeNull();
      expect((await other.end()).code).toBe(0);
    });

    test('a text file on a full disk is told, and written when there is room', async () => {
      const disk = join(directory, 'disk');
      mkdirSync(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'ifcast-test', disk]);
      try {
        const filler = join(disk, 'filler');
        expect(() => writeFileSync(filler, Buffer.alloc(1 << 20))).toThrow('ENOSPC');
        const other = new Ifcastd({
          config: config()
            .replace(/listen = .*/, '')
            .replace(/textfile = .*/, `textfile = "${disk}/x.prom"`),
          end: pair.b,
        });
        daemons.push(other);
        await expect
          .poll(() => other.log, { timeout: 10_000 })
          .toContain('prometheus: the text file cannot be written: ENOSPC');
        rmSync(filler);
        await expect.poll(() => other.log, { timeout: 20_000 }).toContain('the text file is written again');
        expect(readdirSync(disk)).toEqual(['x.prom']);
        expect(readFileSync(join(disk, 'x.prom'), 'utf8')).toContain('ifcast_build_info');
        expect((await other.end()).code).toBe(0);
        expect(readdirSync(disk)).toEqual([]);
      } finally {
        await Promise.all(daemons.splice(0).map((other) => other.close()));
        execFileSync('umount', [disk]);
      }
    });
  });
});

function cumulative(sizes: readonly bigint[]): number[] {
  let sum = 0;
  return sizes.map((size) => {
    sum += Number(size);
    return sum;
  });
}

/** As Prometheus documents histogram_quantile: linear within the bucket, the last bound above all. */
function quantile(q: number, sizes: readonly bigint[], bounds = [64, 127, 255, 511, 1023, 1512]): number {
  const sums = cumulative(sizes);
  const rank = q * sums.at(-1)!;
  const index = sums.findIndex((sum) => sum >= rank);
  if (index >= bounds.length) return bounds.at(-1)!;
  const below = index === 0 ? 0 : sums[index - 1]!;
  const start = index === 0 ? 0 : bounds[index - 1]!;
  return start + ((bounds[index]! - start) * (rank - below)) / (sums[index]! - below);
}
