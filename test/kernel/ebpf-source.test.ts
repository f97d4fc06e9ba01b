import { execFileSync } from 'node:child_process';
import { closeSync, readFileSync } from 'node:fs';

import { DEFAULT_SIZE_UPPER_BOUNDS, type HookName } from '@ifcast/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CapSource } from '../../packages/daemon/src/capture/cap/cap-source.ts';
import { WorkerPool } from '../../packages/daemon/src/capture/cap/worker-pool.ts';
import type { CaptureFilter, CaptureSource } from '../../packages/daemon/src/capture/capture-source.ts';
import { EbpfSource } from '../../packages/daemon/src/capture/ebpf/ebpf-source.ts';
import { bpf } from '../../packages/daemon/src/sys/bpf.ts';
import { ATTACH_TYPE, BpfLink } from '../../packages/daemon/src/sys/bpf-link.ts';
import { loadProgram, PROGRAM_TYPE } from '../../packages/daemon/src/sys/bpf-program.ts';
import { childEntry } from '../../packages/daemon/src/sys/child-entry.ts';
import { probeInterface } from '../../packages/daemon/src/sys/network-interface.ts';
import { assemble } from '../../packages/filter/src/ebpf/isa/assemble.ts';
import { exit, mov, R0 } from '../../packages/filter/src/ebpf/isa/instruction.ts';
import { Ifcastd } from '../support/ifcastd.ts';
import { createVethPair, type VethPair } from '../support/netns.ts';
import { packetMix } from '../support/packet-mix.ts';
import { recordingLog, until } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { setXdp, XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE } from '../support/set-xdp.ts';
import { type Counted, LiveTcpdumps, sendFrames } from '../support/tcpdump.ts';

const BPF_PROG_QUERY = 16;
const HOOKS: readonly HookName[] = ['socket', 'tcx', 'xdp'];
const FRAMES = packetMix();
/** A tag in frames that a program sends stays there; cap cannot tell it from one that the kernel has lifted out. */
const TAGGED = FRAMES.filter((frame) => [0x8100, 0x88a8].includes(frame.readUInt16BE(12)));
const UNTAGGED = FRAMES.filter((frame) => !TAGGED.includes(frame));
const FILTERS: readonly CaptureFilter[] = [
  { id: 'all', expression: '' },
  { id: 'web', expression: 'tcp port 443 or udp port 443' },
  { id: 'tagged', expression: 'vlan 100' },
  { id: 'in', expression: 'inbound and udp' },
  { id: 'not-mine', expression: 'not ether host $MAC' },
];

const possible = requirements('root', 'bpf', 'ip', 'tcpdump', 'tcpreplay', 'ethtool');

describe.runIf(possible)('the ebpf backend', () => {
  let pair: VethPair;
  let leave: () => void;
  const sources: CaptureSource[] = [];
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

  const common = { probe: probeInterface, log, onStatus: () => {} };

  function create(hook: HookName, filters = FILTERS, iface = pair.b.iface): EbpfSource {
    const task = { iface, filters, sizeUpperBounds: DEFAULT_SIZE_UPPER_BOUNDS };
    const source = new EbpfSource({ ...common, task, hook, packet: 'wire' });
    sources.push(source);
    return source;
  }

  function createCap(): CapSource {
    const task = { iface: pair.b.iface, filters: FILTERS, sizeUpperBounds: DEFAULT_SIZE_UPPER_BOUNDS };
    const source = new CapSource({
      ...common,
      task,
      workers: new WorkerPool(childEntry('cap-worker-main')),
      ringBytes: 32 << 20,
      fallbackReason: null,
    });
    sources.push(source);
    return source;
  }

  async function counts(source: CaptureSource): Promise<Record<string, Counted>> {
    const { filters } = source.read();
    return Object.fromEntries(
      filters.map(({ id, bytes, sizes }) => [id, { bytes, sizes, packets: sizes.reduce((a, b) => a + b) }]),
    );
  }

  /** Waits until a filter has counted so many. */
  async function counted(
    source: CaptureSource,
    packets: number,
    id = 'all',
  ): Promise<Record<string, Counted>> {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const now = await counts(source);
      if (now[id]!.packets >= BigInt(packets)) return now;
      if (Date.now() > deadline) {
        throw new Error(`${id}: ${now[id]!.packets} of ${packets} packets\n${lines.join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function counting(source: CaptureSource): Promise<void> {
    await until(`counting (${lines.join('; ')})`, () => source.status().state === 'counting');
  }

  describe.each(HOOKS)('on hook %s', (hook) => {
    test('counts what tcpdump and cap count, per filter and bucket', async () => {
      const source = create(hook);
      const cap = createCap();
      await Promise.all([source.start(), cap.start()]);
      expect(source.status()).toMatchObject({
        state: 'counting',
        reason: null,
        backend: 'ebpf',
        hook,
        packet: 'wire',
        linkType: 'EN10MB',
      });
      // XDP sees what comes in. Of `inbound` tcpdump misses packets in its first milliseconds, of `-Q in` none.
      const sees = hook === 'xdp' ? ['-Q', 'in'] : [];
      const others = FILTERS.filter(({ id }) => id !== 'in');
      const expressions = others.map(({ expression }) => expression.replace('$MAC', pair.b.mac));
      const dumps = await LiveTcpdumps.start(pair.b, expressions, sees);
      const inDumps = await LiveTcpdumps.start(pair.b, expressions, ['-Q', 'in']);
      const inDump = await LiveTcpdumps.start(pair.b, ['udp'], ['-Q', 'in']);
      await sendFrames(pair.a, FRAMES);
      await sendFrames(pair.b, UNTAGGED);
      await counted(cap, FRAMES.length + UNTAGGED.length);
      // Filters for a direction have a ring of their own in cap, which may be read later.
      if (hook !== 'xdp') await expect.poll(() => counts(cap)).toEqual(await counts(source));
      await sendFrames(pair.b, TAGGED);
      const ours = await counted(source, hook === 'xdp' ? FRAMES.length : 2 * FRAMES.length);
      const theirs = await dumps.stop();
      expect(others.map(({ id }) => ours[id])).toEqual(theirs);
      expect([ours['in']]).toEqual(await inDump.stop());
      const incoming = Object.fromEntries(
        source.read().filters.map((filter) => [filter.id, filter.incoming]),
      );
      const dumped = (await inDumps.stop()).map(({ packets, bytes }) => ({ packets, bytes }));
      expect(others.map(({ id }) => incoming[id])).toEqual(dumped);
      expect(cap.read().filters.every((filter) => filter.incoming === null)).toBe(true);
      expect(Object.values(ours).every(({ packets }) => packets > 0n)).toBe(true);
      expect(source.read().dropped).toBe(0n);
    });

    test('loses nothing while the interface goes down and up, and follows a new one of the same name', async () => {
      const source = create(hook);
      await source.start();
      await sendFrames(pair.a, FRAMES);
      const before = await counted(source, FRAMES.length);
      const { since } = source.read();

      await pair.b.down();
      await until('waiting', () => source.status().state === 'waiting');
      expect(source.status().reason).toBe(`interface ${pair.b.iface} is down`);
      expect(await counts(source)).toEqual(before);
      await pair.b.up();
      // At once: the program has been there all the time.
      await sendFrames(pair.a, FRAMES);
      await counted(source, 2 * FRAMES.length);
      await counting(source);

      await pair.delete();
      await until('waiting', () => source.status().state === 'waiting');
      expect(source.status().reason).toBe(`interface ${pair.b.iface} is not there`);
      await pair.create();
      await counting(source);
      await sendFrames(pair.a, FRAMES);
      const after = await counted(source, 3 * FRAMES.length);
      expect(after['all']?.packets).toBe(3n * BigInt(FRAMES.length));
      expect(after['tagged']?.packets).toBe(3n * before['tagged']!.packets);
      expect(source.read().since).toEqual(since);
      expect(source.restarts).toBe(1);
    });

    test('waits for an interface that is absent at start, and follows the name through a rename', async () => {
      const source = create(hook, FILTERS, 'later0');
      await source.start();
      expect(source.status()).toMatchObject({ state: 'waiting', reason: 'interface later0 is not there' });
      await pair.b.rename('later0');
      await counting(source);
      await sendFrames(pair.a, FRAMES);
      await counted(source, FRAMES.length);
      await pair.b.rename('other0');
      await until('waiting', () => source.status().state === 'waiting');
    });

    test('a change of filters loses no packet of those that stay', async () => {
      const source = create(hook);
      await source.start();
      const batch = Array.from({ length: 10 }, () => FRAMES).flat();
      let replaced = false;
      const sending = (async () => {
        let sent = 0;
        for (; !replaced; sent += batch.length) await sendFrames(pair.a, batch, 20_000);
        return sent;
      })();
      await counted(source, FRAMES.length);
      const { since } = source.read();
      for (const id of ['arp', 'arp2', 'arp3', 'arp4']) {
        await (
          await source.prepare({
            iface: pair.b.iface,
            filters: [{ id, expression: 'arp' }, FILTERS[0]!, FILTERS[3]!],
            sizeUpperBounds: DEFAULT_SIZE_UPPER_BOUNDS,
          })
        ).commit();
      }
      replaced = true;
      const sent = await sending;
      const ours = await counted(source, sent);
      expect(ours['all']?.packets).toBe(BigInt(sent));
      expect(Object.keys(ours)).toEqual(['arp4', 'all', 'in']);
      expect(source.read().since).toEqual(since);
      await expect(
        source.prepare({
          iface: pair.b.iface,
          filters: [{ id: 'x', expression: 'no such' }],
          sizeUpperBounds: [64],
        }),
      ).rejects.toThrow('filter "x"');
      expect(await counts(source)).toEqual(ours);
    });

    test('refuses at start what libpcap refuses', async () => {
      await expect(create(hook, [{ id: 'bad', expression: 'tcp prt 1' }]).start()).rejects.toThrow(
        'filter "bad"',
      );
    });

    test('counts each packet on loopback once', async () => {
      const source = create(hook, [{ id: 'ours', expression: 'udp port 9' }], 'lo');
      await source.start();
      expect(source.status()).toMatchObject({ state: 'counting', reason: null, linkType: 'EN10MB' });
      const dump = await LiveTcpdumps.start(pair.b, ['udp port 9'], ['-U', '-i', 'lo']);
      await pair.b.exec('bash', '-c', 'for i in 1 2 3 4 5; do echo > /dev/udp/127.0.0.1/9; done');
      const ours = await counted(source, 5, 'ours');
      await expect.poll(() => dump.written()).toEqual([ours['ours']]);
      await dump.stop();
      expect(ours['ours']?.packets).toBe(5n);
    });
  });

  test('waits until another XDP program has gone', async () => {
    const other = loadProgram({ type: PROGRAM_TYPE.xdp, code: assemble([mov(R0, 2), exit()]) });
    const link = BpfLink.create(other, probeInterface(pair.b.iface)!.ifindex, ATTACH_TYPE.xdp);
    const source = create('xdp');
    await source.start();
    // The program that this process has loaded, and the process that holds its link.
    const mine = readFileSync('/proc/self/comm', 'utf8').trim();
    expect(source.status()).toMatchObject({
      state: 'failed',
      reason: `another XDP program (ifcast) is attached to ${pair.b.iface} by process ${process.pid} (${mine}), which holds it: stop that process or choose another hook`,
    });
    expect(source.status().reason).not.toContain('xdp off');
    link.close();
    await counting(source);
  });

  test.each([
    ['xdp', XDP_FLAGS_DRV_MODE],
    ['xdpgeneric', XDP_FLAGS_SKB_MODE],
  ])('names the command that removes an XDP program without a link (%s)', async (mode, flags) => {
    const other = loadProgram({ type: PROGRAM_TYPE.xdp, code: assemble([mov(R0, 2), exit()]) });
    const { ifindex } = probeInterface(pair.b.iface)!;
    setXdp(ifindex, other, flags);
    closeSync(other);
    const source = create('xdp');
    await source.start();
    const { state, reason } = source.status();
    expect(state).toBe('failed');
    const command = `ip link set dev ${pair.b.iface} ${mode} off`;
    expect(reason).toBe(
      `another XDP program is attached to ${pair.b.iface}: remove it (${command}) or choose another hook`,
    );
    await pair.b.exec('sh', '-c', command);
    await counting(source);
  });

  test.each(['socket', 'tcx'] as const)('two of them count the same interface on hook %s', async (hook) => {
    const first = create(hook);
    const second = create(hook);
    await Promise.all([first.start(), second.start()]);
    await sendFrames(pair.a, FRAMES);
    expect(await counted(first, FRAMES.length)).toEqual(await counted(second, FRAMES.length));
  });

  test.each(HOOKS)('a daemon that is killed leaves nothing on hook %s', async (hook) => {
    const daemon = new Ifcastd({
      end: pair.b,
      config: `interface = "${pair.b.iface}"\nbackend = "ebpf"\nhook = "${hook}"\n[mqtt]\nurl = "embedded"\n[[filter]]\nid = "all"\n`,
    });
    try {
      await until(`counting: ${daemon.log}`, () => daemon.log.includes('counting'));
      expect(attachedTo(hook)).toBe(hook === 'tcx' ? 2 : 1);
      await daemon.end('SIGKILL');
      await until('nothing attached', () => attachedTo(hook) === 0);
    } finally {
      await daemon.close();
    }
  });

  /** Programs, or packet sockets, on the interface. */
  function attachedTo(hook: HookName): number {
    const { ifindex } = probeInterface(pair.b.iface)!;
    switch (hook) {
      case 'socket':
        return readFileSync('/proc/thread-self/net/packet', 'utf8')
          .split('\n')
          .filter((line) => line.split(/\s+/)[4] === String(ifindex)).length;
      case 'tcx':
        return countPrograms(ifindex, ATTACH_TYPE.tcxIngress) + countPrograms(ifindex, ATTACH_TYPE.tcxEgress);
      case 'xdp':
        return execFileSync('ip', ['link', 'show', pair.b.iface], { encoding: 'utf8' }).includes('prog/xdp')
          ? 1
          : 0;
    }
  }
});

/** BPF_PROG_QUERY of bpf(2). */
function countPrograms(ifindex: number, attachType: number): number {
  const attr = Buffer.alloc(64);
  attr.writeUInt32LE(ifindex, 0);
  attr.writeUInt32LE(attachType, 4);
  bpf('query the programs', BPF_PROG_QUERY, attr);
  return attr.readUInt32LE(24);
}
