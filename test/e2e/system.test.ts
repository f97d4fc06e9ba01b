import { type Info, parseInfo, parseStats, type Stats } from '@ifcast/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Ifcastd } from '../support/ifcastd.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import { createVethPair, type VethPair } from '../support/netns.ts';
import { packetMix } from '../support/packet-mix.ts';
import { requirements } from '../support/requirements.ts';
import { LiveTcpdumps, sendFrames } from '../support/tcpdump.ts';

const PORT = 1883;
const FRAMES = packetMix();

const CONFIG = `
interface = "veth-b"
host = "box"
delay_ms = 100
state_interval_s = 5
[mqtt]
url = "mqtt://127.0.0.1"
[[filter]]
id = "all"
[[filter]]
id = "web"
proto = "tcp"
port = [80, 443]
src_ip = ["192.0.2.0/24", "2001:db8::/32"]
[[filter]]
id = "dns"
name = "Names looked up"
port = "53-53"
[[filter]]
id = "ten-times"
match = "icmp or icmp6 or arp or igmp"
[[filter]]
id = "tagged"
match = "vlan and ip"
`;
const EXPRESSIONS = [
  '',
  'tcp and (port 80 or port 443) and (src net 192.0.2.0/24 or src net 2001:db8::/32)',
  '(tcp or udp or sctp) and port 53',
  'icmp or icmp6 or arp or igmp',
  'vlan and ip',
];

describe.runIf(requirements('root', 'ip', 'ethtool', 'mosquitto', 'mosquitto_sub', 'tcpdump', 'tcpreplay'))(
  'from a packet on the wire to a subscriber',
  () => {
    let pair: VethPair;
    const daemons: Ifcastd[] = [];
    const subscribers: MosquittoSub[] = [];

    beforeEach(async () => {
      pair = await createVethPair();
      pair.b.spawn('mosquitto', ['-p', String(PORT)], { stdio: 'ignore' });
      await expect.poll(() => pair.b.exec('ss', '-Hltn'), { timeout: 10_000 }).toContain(`127.0.0.1:${PORT}`);
    });

    afterEach(async () => {
      for (const subscriber of subscribers.splice(0)) subscriber.close();
      await Promise.all(daemons.splice(0).map((daemon) => daemon.close()));
      await pair.close();
    });

    async function subscribe(): Promise<MosquittoSub> {
      const subscriber = await MosquittoSub.start({ port: PORT, topics: ['ifcast/#'], end: pair.b });
      subscribers.push(subscriber);
      return subscriber;
    }

    async function start(args: readonly string[], config = CONFIG): Promise<Ifcastd> {
      const daemon = new Ifcastd({ config, args, end: pair.b });
      daemons.push(daemon);
      return daemon;
    }

    function stats(subscriber: MosquittoSub): Stats | undefined {
      const newest = subscriber.newest('ifcast/box/veth-b/stats');
      return newest === undefined ? undefined : parseStats(newest);
    }

    function info(subscriber: MosquittoSub): Info | undefined {
      const newest = subscriber.newest('ifcast/box/info');
      return newest === undefined ? undefined : parseInfo(newest);
    }

    const state = (subscriber: MosquittoSub) => info(subscriber)?.interfaces[0]?.state;
    const packets = (subscriber: MosquittoSub) => stats(subscriber)?.filters[0]?.packets_total ?? 0n;

    test.each([
      ['cap', null],
      ['ebpf', 'socket'],
      ['ebpf', 'tcx'],
      ['ebpf', 'xdp'],
    ])('%s, hook %s: what mosquitto_sub receives is what tcpdump counts', async (backend, hook) => {
      const subscriber = await subscribe();
      const daemon = await start(['--backend', backend, ...(hook === null ? [] : ['--hook', hook])]);
      await subscriber.until('counting', () => state(subscriber) === 'counting');
      expect(info(subscriber)?.interfaces[0]).toMatchObject({
        name: 'veth-b',
        backend,
        hook,
        link_type: 'EN10MB',
      });
      const dumps = await LiveTcpdumps.start(pair.b, EXPRESSIONS);
      await sendFrames(pair.a, FRAMES);
      await subscriber.until('all packets', () => packets(subscriber) >= BigInt(FRAMES.length));
      const counted = stats(subscriber)?.filters.map((filter) => ({
        packets: filter.packets_total,
        bytes: filter.bytes_total,
        sizes: filter.sizes_total,
      }));
      expect(counted).toEqual(await dumps.stop());
      expect(stats(subscriber)?.filters.every((filter) => filter.packets_total > 0n)).toBe(true);
      expect(await daemon.end()).toEqual({ code: 0, signal: null });
      await subscriber.until(
        'offline',
        () => subscriber.on('ifcast/box/status').at(-1)?.payload === 'offline',
      );
    });

    test('an interface that goes and comes back: told within info, counted again, totals kept', async () => {
      const subscriber = await subscribe();
      await start([]);
      await subscriber.until('counting', () => state(subscriber) === 'counting');
      await sendFrames(pair.a, FRAMES);
      await subscriber.until('all packets', () => packets(subscriber) === BigInt(FRAMES.length));
      const since = stats(subscriber)?.since;
      await pair.delete();
      await subscriber.until('waiting', () => state(subscriber) === 'waiting');
      expect(info(subscriber)?.interfaces[0]?.reason).toBe('interface veth-b is not there');
      await pair.create();
      await subscriber.until('counting again', () => state(subscriber) === 'counting');
      await sendFrames(pair.a, FRAMES);
      await subscriber.until('twice as many', () => packets(subscriber) === BigInt(2 * FRAMES.length));
      expect(stats(subscriber)?.since).toBe(since);
    });

    test('SIGKILL: subscribers see offline', async () => {
      const subscriber = await subscribe();
      const daemon = await start([]);
      await subscriber.until('counting', () => state(subscriber) === 'counting');
      await daemon.end('SIGKILL');
      await subscriber.until(
        'offline',
        () => subscriber.on('ifcast/box/status').at(-1)?.payload === 'offline',
      );
    });
  },
);
