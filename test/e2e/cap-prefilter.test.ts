import { DEFAULT_SIZE_UPPER_BOUNDS } from '@ifcast/protocol';
import { describe, expect, test } from 'vitest';

import { CapSource } from '../../packages/daemon/src/capture/cap/cap-source.ts';
import { WorkerPool } from '../../packages/daemon/src/capture/cap/worker-pool.ts';
import { childEntry } from '../../packages/daemon/src/sys/child-entry.ts';
import { probeInterface } from '../../packages/daemon/src/sys/network-interface.ts';
import { withVethPair } from '../support/netns.ts';
import { packetMix } from '../support/packet-mix.ts';
import { recordingLog, until } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { LiveTcpdumps, sendFrames } from '../support/tcpdump.ts';

/** No filter of every packet among them: the kernel drops what none of them wants. */
const FILTERS = [
  { id: 'get', expression: 'tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420' },
  { id: 'https', expression: 'tcp port 443' },
  { id: 'net', expression: 'net 192.0.2.0/24 and not icmp' },
];

/** 192.0.2.1:49152 → 198.51.100.7:443 without data, as a host sends it: 54 bytes. */
const BARE_ACK = Buffer.from(
  '020000007799020000007701' +
    '080045000028000040004006' +
    '0000c0000201c6336407c000' +
    '01bb00000000000000005010' +
    'ffff00000000',
  'hex',
);

/** What all three want, sent last: when it has been counted, all before it has. */
const LAST = Buffer.concat([BARE_ACK, Buffer.from('GET ')]);

describe.runIf(requirements('root', 'ip', 'tcpdump', 'tcpreplay', 'ethtool'))('the cap backend', () => {
  test('loses no packet of one filter to the loads of another in the kernel', async () => {
    await withVethPair({}, async ({ a, b }) => {
      const { log, lines } = recordingLog();
      const leave = b.enter();
      const source = new CapSource({
        task: { iface: b.iface, filters: FILTERS, sizeUpperBounds: DEFAULT_SIZE_UPPER_BOUNDS },
        workers: new WorkerPool(childEntry('cap-worker-main')),
        ringBytes: 32 << 20,
        probe: probeInterface,
        fallbackReason: null,
        log,
        onStatus: () => {},
      });
      try {
        await source.start();
        await until(`counting (${lines.join('; ')})`, () => source.status().state === 'counting');
        const dumps = await LiveTcpdumps.start(
          b,
          FILTERS.map(({ expression }) => expression),
        );
        await sendFrames(a, [...packetMix(), ...new Array<Buffer>(100).fill(BARE_ACK), LAST]);
        await expect
          .poll(async () => source.read().filters[0]!.bytes, { timeout: 15_000 })
          .toBeGreaterThan(0n);
        const expected = await dumps.stop();
        const { filters } = source.read();
        expect(filters.map(({ bytes, sizes }) => ({ bytes, sizes }))).toEqual(
          expected.map(({ bytes, sizes }) => ({ bytes, sizes })),
        );
        expect(expected[1]!.packets).toBeGreaterThan(100n);
      } finally {
        await source.stop();
        leave();
      }
    });
  });
});
