import { DEFAULT_SIZE_UPPER_BOUNDS } from '@ifcast/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CapSource } from '../../packages/daemon/src/capture/cap/cap-source.ts';
import { CountingWorker } from '../../packages/daemon/src/capture/cap/counting-worker.ts';
import { WorkerPool } from '../../packages/daemon/src/capture/cap/worker-pool.ts';
import type { CaptureFilter, CaptureTask } from '../../packages/daemon/src/capture/capture-source.ts';
import { childEntry } from '../../packages/daemon/src/sys/child-entry.ts';
import { probeInterface } from '../../packages/daemon/src/sys/network-interface.ts';
import { childProcesses } from '../support/child-processes.ts';
import { createVethPair, type VethPair } from '../support/netns.ts';
import { packetMix } from '../support/packet-mix.ts';
import { recordingLog, until } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { type Counted, LiveTcpdumps, sendFrames } from '../support/tcpdump.ts';

const FRAMES = packetMix();
const FILTERS: readonly CaptureFilter[] = [
  { id: 'all', expression: '' },
  { id: 'web', expression: 'tcp port 443 or udp port 443' },
  { id: 'tagged', expression: 'vlan 100' },
  { id: 'in', expression: 'inbound and udp' },
  { id: 'not-mine', expression: 'not ether host $MAC' },
];

describe.runIf(requirements('root', 'ip', 'tcpdump', 'tcpreplay', 'ethtool'))('the cap backend', () => {
  let pair: VethPair;
  let leave: () => void;
  const sources: CapSource[] = [];
  const { log, lines } = recordingLog();

  beforeEach(async () => {
    pair = await createVethPair();
    leave = pair.b.enter();
  });

  afterEach(async () => {
    await Promise.all(sources.splice(0).map((source) => source.stop()));
    leave();
    await pair.close();
    lines.length = 0;
  });

  function create(
    filters: readonly CaptureFilter[] = FILTERS,
    iface = pair.b.iface,
    ringBytes = 32 << 20,
  ): CapSource {
    const task: CaptureTask = { iface, filters, sizeUpperBounds: DEFAULT_SIZE_UPPER_BOUNDS };
    const source: CapSource = new CapSource({
      task,
      workers: new WorkerPool(childEntry('cap-worker-main')),
      ringBytes,
      probe: probeInterface,
      fallbackReason: null,
      log,
      onStatus: () => lines.push(`${source.status().state}: ${source.status().reason}`),
    });
    sources.push(source);
    return source;
  }

  function counts(source: CapSource): Record<string, Counted> {
    const { filters } = source.read();
    return Object.fromEntries(
      filters.map(({ id, bytes, sizes }) => [id, { bytes, sizes, packets: sizes.reduce((a, b) => a + b) }]),
    );
  }

  /** Waits until as many packets as were sent have been counted. */
  async function counted(source: CapSource, id: string, packets: number): Promise<Record<string, Counted>> {
    let last: Record<string, Counted> = {};
    const deadline = Date.now() + 15_000;
    for (;;) {
      last = counts(source);
      if (last[id]!.packets >= BigInt(packets)) return last;
      if (Date.now() > deadline)
        throw new Error(`${id}: ${last[id]!.packets} of ${packets} packets\n${lines.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function counting(source: CapSource): Promise<void> {
    await until(`counting (${lines.join('; ')})`, () => source.status().state === 'counting');
  }

  test('counts what tcpdump counts, per filter and bucket', async () => {
    const source = create();
    await source.start();
    expect(source.status()).toMatchObject({
      state: 'counting',
      reason: null,
      backend: 'cap',
      linkType: 'EN10MB',
    });
    const expressions = FILTERS.map(({ expression }) => expression.replace('$MAC', pair.b.mac));
    const dumps = await LiveTcpdumps.start(pair.b, expressions);
    // With `inbound` in the expression tcpdump loses the first packet.
    const incoming = await LiveTcpdumps.start(pair.b, ['udp'], ['-Q', 'in']);
    await sendFrames(pair.a, FRAMES);
    const ours = await counted(source, 'all', FRAMES.length);
    const theirs = await dumps.stop();
    theirs[FILTERS.findIndex(({ id }) => id === 'in')] = (await incoming.stop())[0]!;
    expect(FILTERS.map(({ id }) => ours[id])).toEqual(theirs);
    expect(theirs.every(({ packets }) => packets > 0n)).toBe(true);
    expect(source.read().dropped).toBe(0n);
  });

  test('goes on by itself after down and up, delete and re-create, with its totals', async () => {
    const source = create();
    await source.start();
    await sendFrames(pair.a, FRAMES);
    const before = await counted(source, 'all', FRAMES.length);

    await pair.b.down();
    await until('waiting', () => source.status().state === 'waiting');
    expect(source.status().reason).toBe(`interface ${pair.b.iface} is down`);
    expect(counts(source)).toEqual(before);
    await pair.b.up();
    await counting(source);
    await sendFrames(pair.a, FRAMES);
    await counted(source, 'all', 2 * FRAMES.length);

    await pair.delete();
    await until('waiting', () => source.status().state === 'waiting');
    expect(source.status().reason).toBe(`interface ${pair.b.iface} is not there`);
    await pair.create();
    await counting(source);
    await sendFrames(pair.a, FRAMES);
    const after = await counted(source, 'all', 3 * FRAMES.length);
    expect(after['all']?.packets).toBe(3n * BigInt(FRAMES.length));
    expect(source.restarts).toBe(2);
  });

  test('waits for an interface that is absent at start, and follows the name through a rename', async () => {
    const source = create(FILTERS, 'later0');
    await source.start();
    expect(source.status()).toMatchObject({ state: 'waiting', reason: 'interface later0 is not there' });
    await pair.b.rename('later0');
    await counting(source);
    await sendFrames(pair.a, FRAMES);
    await counted(source, 'all', FRAMES.length);
    await pair.b.rename('other0');
    await until('waiting', () => source.status().state === 'waiting');
  });

  test('a killed worker is started again and loses nothing that was counted', async () => {
    const source = create();
    await source.start();
    await sendFrames(pair.a, FRAMES);
    const before = await counted(source, 'all', FRAMES.length);
    const [pid] = childProcesses('cap-worker-main');
    process.kill(pid!, 'SIGKILL');
    const told = ['counting: null', 'waiting: the capture ended with SIGKILL', 'counting: null'];
    await until('another worker', () => lines.length === told.length);
    expect(lines).toEqual(told);
    expect(counts(source)).toEqual(before);
    await sendFrames(pair.a, FRAMES);
    await counted(source, 'all', 2 * FRAMES.length);
  });

  // libpcap filters what may be in the ring already by itself, where it does not know the direction: of each start it lost one.
  test('filters for a direction lose no packet, the first neither', async () => {
    const many = FRAMES.slice(0, 30);
    for (let start = 0; start < 3; start++) {
      const source = create([{ id: 'in', expression: 'inbound' }]);
      await source.start();
      await sendFrames(pair.a, many);
      expect((await counted(source, 'in', many.length))['in']?.packets).toBe(BigInt(many.length));
      await source.stop();
    }
  });

  test('packets longer than cap captures count with their true length', async () => {
    const filters = ['udp', 'udp and greater 65536', 'ip6', ''].map((expression, index) => ({
      id: `f${index}`,
      expression,
    }));
    await pair.b.exec('ip', 'link', 'set', 'lo', 'up');
    await pair.b.exec('sysctl', '-qw', 'net.ipv6.conf.lo.disable_ipv6=0');
    const source = create(filters, 'lo');
    await source.start();
    const dumps = await LiveTcpdumps.start(
      pair.b,
      filters.map(({ expression }) => expression),
      ['-U', '-i', 'lo'],
    );
    // As `ping -s 65507 127.0.0.1` and the longest of IPv6 that loopback does not cut: 65,549 and 65,550 bytes.
    const send = `const dgram = require('node:dgram');
      for (const [family, address, bytes] of [['udp4', '127.0.0.1', 65507], ['udp6', '::1', 65488]]) {
        const socket = dgram.createSocket(family);
        socket.bind(0, address, () => socket.send(Buffer.alloc(bytes), socket.address().port, address, (error) => {
          if (error) throw error;
          socket.close();
        }));
      }`;
    await pair.b.exec(process.execPath, '-e', send);
    await expect.poll(() => dumps.written()[3]?.packets, { timeout: 10_000 }).toBeGreaterThanOrEqual(2n);
    await expect.poll(() => Object.values(counts(source)), { timeout: 10_000 }).toEqual(dumps.written());
    expect(counts(source)['f1']).toMatchObject({ packets: 2n, bytes: 65_549n + 65_550n });
    await dumps.stop();
  });

  test('a worker that hangs is told of and replaced, and nothing that was counted is lost', async () => {
    const source = create();
    await source.start();
    await sendFrames(pair.a, FRAMES);
    const before = await counted(source, 'all', FRAMES.length);
    const pid = childProcesses('cap-worker-main')[0]!;
    process.kill(pid, 'SIGSTOP');
    const hangs = 'waiting: the capture hangs; another process takes its place';
    const told = ['counting: null', hangs, 'counting: null'];
    await until('another worker', () => lines.length === told.length);
    expect(lines).toEqual(told);
    expect(counts(source)).toEqual(before);
    const { gap } = source.status();
    expect(gap!.totalMs).toBeGreaterThan(3_000);
    expect(gap!.totalMs).toBe(gap!.to.getTime() - gap!.from.getTime());
    await sendFrames(pair.a, FRAMES);
    await counted(source, 'all', 2 * FRAMES.length);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('what does not fit into the buffer is counted as lost, and the remedy named', async () => {
    const source = create([{ id: 'all', expression: '' }], pair.b.iface, 1 << 20);
    await source.start();
    const pid = childProcesses('cap-worker-main')[0]!;
    const sent = 4 * FRAMES.length;
    process.kill(pid, 'SIGSTOP');
    await sendFrames(pair.a, Array.from({ length: 4 }, () => FRAMES).flat(), 20_000);
    process.kill(pid, 'SIGCONT');
    await expect
      .poll(
        () => {
          const { filters, dropped } = source.read();
          return filters[0]!.sizes.reduce((sum, size) => sum + size) + dropped!;
        },
        { timeout: 15_000 },
      )
      .toBe(BigInt(sent));
    expect(source.read().dropped).toBeGreaterThan(0n);
    await until('the remedy', () => source.status().notes.length > 0);
    expect(source.status().notes[0]).toContain('raise buffer_bytes in [cap] (1048576 now)');
    expect(childProcesses('cap-worker-main')[0]).toBe(pid);
  });

  test('a storm of down and up is lived through, and told as a gap', async () => {
    const source = create([{ id: 'all', expression: '' }]);
    await source.start();
    expect(source.status().gap).toBeNull();
    for (let cycle = 0; cycle < 20; cycle++) {
      await pair.b.down();
      await pair.b.up();
    }
    await until('a gap', () => source.status().gap !== null && source.status().state === 'counting');
    // It may have gone down once more than was noticed: its worker is then replaced again.
    await expect
      .poll(
        async () => {
          await sendFrames(pair.a, FRAMES.slice(0, 5));
          return counts(source)['all']!.packets;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0n);
    const { gap } = source.status();
    expect(gap!.to.getTime()).toBeGreaterThanOrEqual(gap!.from.getTime());
    expect(gap!.totalMs).toBeGreaterThan(0);
  });

  test('a change of filters loses no packet of those that stay', async () => {
    const source = create();
    await source.start();
    const many = Array.from({ length: 30 }, () => FRAMES).flat();
    const sending = sendFrames(pair.a, many, 4_000);
    await counted(source, 'all', FRAMES.length);
    await (
      await source.prepare({
        iface: pair.b.iface,
        filters: [{ id: 'arp', expression: 'arp' }, FILTERS[0]!, FILTERS[3]!],
        sizeUpperBounds: DEFAULT_SIZE_UPPER_BOUNDS,
      })
    ).commit();
    const early = counts(source)['arp']!.packets;
    await sending;
    const ours = await counted(source, 'all', many.length);
    expect(ours['all']?.packets).toBe(BigInt(many.length));
    expect(Object.keys(ours)).toEqual(['arp', 'all', 'in']);
    expect(ours['arp']!.packets).toBeGreaterThan(early);
    await expect(
      source.prepare({
        iface: pair.b.iface,
        filters: [{ id: 'x', expression: 'no such' }],
        sizeUpperBounds: [64],
      }),
    ).rejects.toThrow('filter "x"');
    expect(counts(source)).toEqual(ours);
  });

  // A failed open of cap that is collected as garbage, or tried again on the same object, ends the process with SIGSEGV.
  test('a worker lives through a hundred failed opens, and then counts', async () => {
    const ends: string[] = [];
    const worker = new CountingWorker(childEntry('cap-worker-main'));
    worker.begin({
      task: { iface: pair.b.iface, link: 'ethernet', bounds: DEFAULT_SIZE_UPPER_BOUNDS },
      ringBytes: 32 << 20,
      onExit: (how) => ends.push(how),
      onStderr: () => {},
    });
    const filter = { id: 'all', expression: '' };
    const everything = [{ code: 0x06, jt: 0, jf: 0, k: 1 }];
    try {
      await pair.b.down();
      for (let attempt = 0; attempt < 100; attempt++) {
        const doomed = {
          filter: { ...filter, id: 'doomed' },
          expression: 'no such thing',
          program: everything,
        };
        await expect(worker.add([doomed])).rejects.toThrow(`capture on ${pair.b.iface}`);
        worker.keep([]);
      }
      await pair.b.up();
      await worker.add([{ filter, expression: '', program: everything }]);
      await sendFrames(pair.a, FRAMES);
      let packets = 0n;
      await until('all packets', () => {
        packets += worker.collect(filter)!.sizes.reduce((a, b) => a + b);
        return packets >= BigInt(FRAMES.length);
      });
      expect(packets).toBe(BigInt(FRAMES.length));
      expect(ends).toEqual([]);
    } finally {
      await worker.end();
    }
  });

  test('refuses at start what libpcap refuses', async () => {
    await expect(create([{ id: 'bad', expression: 'tcp prt 1' }]).start()).rejects.toThrow('filter "bad"');
  });
});
