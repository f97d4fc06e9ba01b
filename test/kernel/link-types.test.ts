import { DEFAULT_SIZE_UPPER_BOUNDS, type HookName } from '@ifcast/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CapSource } from '../../packages/daemon/src/capture/cap/cap-source.ts';
import { WorkerPool } from '../../packages/daemon/src/capture/cap/worker-pool.ts';
import type { CaptureSource } from '../../packages/daemon/src/capture/capture-source.ts';
import { EbpfSource } from '../../packages/daemon/src/capture/ebpf/ebpf-source.ts';
import { childEntry } from '../../packages/daemon/src/sys/child-entry.ts';
import { probeInterface } from '../../packages/daemon/src/sys/network-interface.ts';
import { createVethPair, type VethPair } from '../support/netns.ts';
import { packetMix } from '../support/packet-mix.ts';
import { recordingLog } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { type Counted, LiveTcpdumps } from '../support/tcpdump.ts';
import { Tun } from '../support/tun.ts';

const ARPHRD_PPP = 512;
/** The packets of the mix that are IP. */
const PACKETS = packetMix()
  .filter((frame) => [0x0800, 0x86dd].includes(frame.readUInt16BE(12)))
  .map((frame) => frame.subarray(14));
const EXPRESSIONS = ['', 'tcp port 443', 'ip6 and udp', 'host 198.51.100.7', 'greater 300 and not icmp'];

describe.runIf(requirements('root', 'bpf', 'ip', 'tcpdump', 'ethtool'))('interfaces without Ethernet', () => {
  let pair: VethPair;
  let leave: () => void;
  let tun: Tun | undefined;
  let source: EbpfSource | undefined;

  beforeEach(async () => {
    pair = await createVethPair();
    leave = pair.a.enter();
  });
  afterEach(async () => {
    await source?.stop();
    tun?.close();
    leave();
    await pair.close();
  });

  async function startOn(hook: HookName, hardwareType: number | null): Promise<EbpfSource> {
    tun = new Tun('tun0', hardwareType);
    await pair.a.link('set', 'tun0', 'up');
    source = new EbpfSource({
      task: {
        iface: 'tun0',
        filters: EXPRESSIONS.map((expression, index) => ({ id: `f${index}`, expression })),
        sizeUpperBounds: DEFAULT_SIZE_UPPER_BOUNDS,
      },
      hook,
      packet: 'wire',
      probe: probeInterface,
      log: recordingLog().log,
      onStatus: () => {},
    });
    await source.start();
    return source;
  }

  async function countsAsTcpdump(counting: EbpfSource): Promise<void> {
    const dumps = await LiveTcpdumps.start(pair.a, EXPRESSIONS, ['-U', '-i', 'tun0']);
    for (const packet of PACKETS) tun!.send(packet);
    const ours = await read(counting);
    expect(ours[0]!.packets).toBe(BigInt(PACKETS.length));
    await expect.poll(() => dumps.written(), { timeout: 10_000 }).toEqual(ours);
    await dumps.stop();
    for (const { packets } of ours) expect(packets).toBeGreaterThan(0n);
  }

  test.each(['socket', 'tcx'] as const)('IP without a header, on hook %s', async (hook) => {
    const counting = await startOn(hook, null);
    expect(counting.status()).toMatchObject({ state: 'counting', linkType: 'RAW' });
    await countsAsTcpdump(counting);
  });

  test('a filter that nothing there can match counts 0, and says so', async () => {
    const { log, lines } = recordingLog();
    tun = new Tun('tun0', null);
    await pair.a.link('set', 'tun0', 'up');
    const filters = ['arp', 'vlan 5', 'ip'].map((expression) => ({ id: expression.slice(0, 4), expression }));
    const task = { iface: 'tun0', filters, sizeUpperBounds: [64] };
    const options = { task, probe: probeInterface, log, onStatus: () => {} };
    const ebpf = new EbpfSource({ ...options, hook: 'socket', packet: 'wire' });
    const workers = new WorkerPool(childEntry('cap-worker-main'));
    const cap = new CapSource({ ...options, workers, ringBytes: 32 << 20, fallbackReason: null });
    try {
      for (const counting of [ebpf, cap]) {
        await counting.start();
        expect(counting.status()).toMatchObject({
          state: 'counting',
          notes: [
            'filter "arp" counts nothing, because nothing on this link type can match it: expression rejects all packets',
            expect.stringContaining(
              'filter "vlan" counts nothing, because nothing on this link type can match it',
            ),
          ],
        });
        for (const note of counting.status().notes) {
          expect(lines.filter((line) => line.endsWith(`tun0: ${note}`))).toHaveLength(
            counting === ebpf ? 1 : 2,
          );
        }
      }
      const dumps = await LiveTcpdumps.start(pair.a, ['ip'], ['-U', '-i', 'tun0']);
      for (const packet of PACKETS) tun.send(packet);
      const ip = BigInt(PACKETS.filter((packet) => packet[0]! >> 4 === 4).length);
      for (const counting of [ebpf, cap]) {
        await expect.poll(() => packets(counting), { timeout: 10_000 }).toEqual([0n, 0n, ip]);
      }
      await expect.poll(() => dumps.written()[0]!.packets, { timeout: 10_000 }).toBe(ip);
      await dumps.stop();
    } finally {
      await Promise.all([ebpf.stop(), cap.stop()]);
    }
  });

  function packets(counting: CaptureSource): bigint[] {
    return counting.read().filters.map(({ sizes }) => sizes.reduce((sum, size) => sum + size));
  }

  test('a cooked link type, on hook socket', async () => {
    const counting = await startOn('socket', ARPHRD_PPP);
    expect(counting.status()).toMatchObject({ state: 'counting', linkType: 'LINUX_SLL' });
    await countsAsTcpdump(counting);
  });

  test.each(['tcx', 'xdp'] as const)('a cooked link type is refused on hook %s', async (hook) => {
    const counting = await startOn(hook, ARPHRD_PPP);
    expect(counting.status()).toMatchObject({
      state: 'failed',
      reason: `hook = "${hook}" cannot count tun0, whose link type is LINUX_SLL: use hook = "socket"`,
    });
  });
});

async function read(source: EbpfSource): Promise<Counted[]> {
  const { filters } = source.read();
  return filters.map(({ bytes, sizes }) => ({ packets: sizes.reduce((a, b) => a + b), bytes, sizes }));
}
