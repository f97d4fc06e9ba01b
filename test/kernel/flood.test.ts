import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DEFAULT_SIZE_UPPER_BOUNDS, type HookName } from '@ifcast/protocol';
import { describe, expect, test } from 'vitest';

import { EbpfSource } from '../../packages/daemon/src/capture/ebpf/ebpf-source.ts';
import { probeInterface } from '../../packages/daemon/src/sys/network-interface.ts';
import { type VethEnd, withVethPair } from '../support/netns.ts';
import { packetMix, pcapFile } from '../support/packet-mix.ts';
import { recordingLog } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';

const FRAMES = packetMix();
const LOOPS = Math.ceil(1_000_000 / FRAMES.length);
const SENT = BigInt(LOOPS * FRAMES.length);

describe.runIf(requirements('root', 'bpf', 'ip', 'tcpreplay', 'ethtool'))(
  `a flood of ${SENT} packets`,
  () => {
    test.each(['socket', 'tcx'] as const)(
      'is counted to the last packet on hook %s',
      async (hook) => {
        await withVethPair({}, ({ a }) => countFlood(a, a, hook, async () => SENT));
      },
      120_000,
    );

    test('is counted on hook xdp as far as the link delivers it', async () => {
      await withVethPair({}, async ({ a, b }) => {
        // A veth interface drops what it sends while the receiver is behind.
        await countFlood(a, b, 'xdp', async () => {
          return SENT - BigInt(await a.exec('cat', `/sys/class/net/${a.iface}/statistics/tx_dropped`));
        });
      });
    }, 120_000);
  },
);

/** Sends from one interface and counts at one, until as many have been counted as are expected. */
async function countFlood(
  from: VethEnd,
  at: VethEnd,
  hook: HookName,
  expected: () => Promise<bigint>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'ifcast-flood-'));
  const leave = at.enter();
  const source = new EbpfSource({
    task: {
      iface: at.iface,
      filters: [
        { id: 'all', expression: '' },
        { id: 'web', expression: 'tcp port 443' },
        { id: 'dns', expression: 'udp port 53' },
        { id: 'ping', expression: 'icmp or icmp6' },
        { id: 'host', expression: 'host 192.0.2.1' },
      ],
      sizeUpperBounds: DEFAULT_SIZE_UPPER_BOUNDS,
    },
    hook,
    packet: 'wire',
    probe: probeInterface,
    log: recordingLog().log,
    onStatus: () => {},
  });
  try {
    const path = join(directory, 'mix.pcap');
    writeFileSync(path, pcapFile(FRAMES));
    await source.start();
    const options = ['--quiet', '--topspeed', '--preload-pcap', `--loop=${LOOPS}`, `--intf1=${from.iface}`];
    await from.exec('tcpreplay', ...options, path);
    const packets = async () => {
      const { filters } = source.read();
      return filters[0]!.sizes.reduce((sum, size) => sum + size);
    };
    const missing = async () => (await expected()) - (await packets());
    await expect.poll(missing, { timeout: 10_000 }).toBe(0n);
    expect(await packets()).toBeGreaterThan(0n);
    expect(source.read().dropped).toBe(0n);
  } finally {
    await source.stop();
    leave();
    rmSync(directory, { recursive: true });
  }
}
