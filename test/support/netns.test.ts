import { readdirSync, readlinkSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { createVethPair, type VethEnd, withVethPair } from './netns.ts';
import { requirements } from './requirements.ts';

/** UDP datagrams that reached the namespace and found nobody listening. */
async function received(end: VethEnd): Promise<number> {
  const v4 = (await end.exec('cat', '/proc/net/snmp')).match(/^Udp: \d+ (\d+)/m);
  const v6 = (await end.exec('cat', '/proc/net/snmp6')).match(/^Udp6NoPorts\s+(\d+)/m);
  return Number(v4?.[1]) + Number(v6?.[1]);
}

describe.runIf(requirements('root', 'ip', 'ethtool'))('a veth pair', () => {
  it('carries packets between its namespaces', async () => {
    await withVethPair({ ipv4: true, ipv6: true }, async ({ a, b }) => {
      for (const address of [b.ipv4, b.ipv6]) {
        const before = await received(b);
        await a.exec('bash', '-c', `echo > /dev/udp/${address}/9`);
        await expect.poll(() => received(b)).toBe(before + 1);
      }
    });
  });

  it('is gone with its processes after a failure', async () => {
    let names: string[] = [];
    let exited: Promise<unknown> | undefined;
    await expect(
      withVethPair({}, async ({ a, b }) => {
        names = [a.namespace, b.namespace];
        const child = a.spawn('sleep', ['1000']);
        exited = new Promise((resolve) => child.once('exit', resolve));
        throw new Error('a test that fails');
      }),
    ).rejects.toThrow('a test that fails');
    await exited;
    for (const name of names) expect(readdirSync('/run/netns')).not.toContain(name);
  });

  it('can be deleted and made again with another index', async () => {
    const pair = await createVethPair();
    try {
      const index = async () => (await pair.a.link('show', pair.a.iface)).split(':')[0];
      const before = await index();
      await pair.delete();
      await expect(index()).rejects.toThrow();
      await pair.create();
      expect(await index()).not.toBe(before);
    } finally {
      await pair.close();
    }
  });

  it('is entered and left', async () => {
    await withVethPair({}, async ({ a }) => {
      const outside = readlinkSync('/proc/thread-self/ns/net');
      const leave = a.enter();
      try {
        expect(readlinkSync('/proc/thread-self/ns/net')).not.toBe(outside);
      } finally {
        leave();
      }
      expect(readlinkSync('/proc/thread-self/ns/net')).toBe(outside);
    });
  });
});
