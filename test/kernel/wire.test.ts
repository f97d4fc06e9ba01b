import { isDeepStrictEqual } from 'node:util';

import { DEFAULT_SIZE_UPPER_BOUNDS, type HookName, type PacketKind } from '@ifcast/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { EbpfSource } from '../../packages/daemon/src/capture/ebpf/ebpf-source.ts';
import { probeInterface } from '../../packages/daemon/src/sys/network-interface.ts';
import { recordingLog } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { RECEIVER, RoutedLink, TUNNELLED } from '../support/routed-link.ts';
import { type Counted, LiveTcpdumps } from '../support/tcpdump.ts';
import { sendUdpSegments } from '../support/udp-segments.ts';

const VLAN_ID = 100;
const TCP_PORT = 5201;
const UDP_PORT = 9999;
const possible = requirements('root', 'bpf', 'ip', 'tcpdump', 'ethtool', 'iperf3');

describe.runIf(possible)('merged packets count as they are beyond a link without offloads', () => {
  let link: RoutedLink;
  beforeAll(async () => {
    link = await RoutedLink.create();
  });
  afterEach(async () => {
    link.untag();
    await link.untunnel();
  });
  afterAll(() => link.close());

  const cases = (['socket', 'tcx'] as const).flatMap((hook) =>
    (['ipv4', 'ipv6'] as const).flatMap((version) =>
      [false, true].map((tagged) => ({ hook, version, tagged })),
    ),
  );

  test.each(cases)('TCP, hook $hook, $version, tagged $tagged', async ({ hook, version, tagged }) => {
    if (tagged) link.tag(VLAN_ID);
    const all = `tcp port ${TCP_PORT}`;
    const expressions = [all, `${all} and greater 1000`, `${all} and less 200`];
    // Only the last segment carries PSH; every segment has a length of its own.
    if (version === 'ipv4') expressions.push(`${all} and tcp[tcpflags] & tcp-push != 0`, 'ip[2:2] > 1000');
    await compare(hook, inVlan(expressions, tagged), () => stream(version, []));
  });

  // What comes in was cut by the sender and is joined by GRO here.
  const incoming = (['socket', 'tcx', 'xdp'] as const).flatMap((hook) =>
    (['ipv4', 'ipv6'] as const).map((version) => ({ hook, version })),
  );

  test.each(incoming)('TCP joined by GRO, hook $hook, $version', async ({ hook, version }) => {
    const expressions = [`src port ${TCP_PORT}`, `src port ${TCP_PORT} and greater 1000`];
    await compare(hook, expressions, () => stream(version, ['--reverse']));
  });

  test.each(cases)('UDP, hook $hook, $version, tagged $tagged', async ({ hook, version, tagged }) => {
    if (tagged) link.tag(VLAN_ID);
    const expressions = [
      `udp port ${UDP_PORT}`,
      `udp port ${UDP_PORT} and greater 1000`,
      `udp port ${UDP_PORT} and less 200`,
      ...(version === 'ipv4' ? ['udp[4:2] = 1208', 'ip[2:2] < 1000'] : ['ip6[4:2] = 1208']),
    ];
    const to = version === 'ipv4' ? RECEIVER.ipv4 : 'fd780000000000000000000000000002';
    await compare(hook, inVlan(expressions, tagged), async () => {
      const before = await link.datagramsReceived();
      const payloads = [60_000, 12_000, 1_300, 1_201, 2_400, 100];
      sendUdpSegments(link.sender, to, UDP_PORT, 1_200, payloads);
      const datagrams = payloads.reduce((sum, bytes) => sum + Math.ceil(bytes / 1_200), 0);
      await expect.poll(() => link.datagramsReceived(), { timeout: 10_000 }).toBe(before + datagrams);
    });
  });

  const tunnels = (['socket', 'tcx'] as const).flatMap((hook) =>
    (['ipv4', 'ipv6'] as const).flatMap((outer) =>
      (['ipv4', 'ipv6'] as const).map((inner) => ({ hook, outer, inner })),
    ),
  );

  test.each(tunnels)('VXLAN over $outer, $inner inside, hook $hook', async ({ hook, outer, inner }) => {
    await link.tunnel(outer);
    const all = 'udp port 4789';
    const expressions = [all, `${all} and greater 1400`, `${all} and less 200`];
    await compare(hook, expressions, async () => {
      await stream(inner, [], TUNNELLED[inner]);
      const to = inner === 'ipv4' ? TUNNELLED.ipv4 : 'fd790000000000000000000000000002';
      const before = await link.datagramsReceived();
      sendUdpSegments(link.sender, to, UDP_PORT, 1_200, [60_000, 12_000, 1_201]);
      await expect.poll(() => link.datagramsReceived(), { timeout: 10_000 }).toBe(before + 62);
    });
  });

  test.each(['socket', 'tcx'] as const)('SRv6 encapsulation, IPv6 inside, hook %s', async (hook) => {
    await link.routeBySegments();
    const all = 'ip6[6] = 43';
    await compare(hook, [all, `${all} and greater 1400`], async () => {
      await stream('ipv6', [], TUNNELLED.ipv6);
    });
  });

  // The payload of what is sent lies outside the linear part of the packet.
  test.each(['socket', 'tcx'] as const)(
    'captured on hook %s is what tcpdump shows beside it',
    async (hook) => {
      const all = `tcp port ${TCP_PORT}`;
      const expressions = [
        all,
        `${all} and tcp[60] & 1 = 1`,
        `${all} and tcp[33] > 50`,
        `${all} and greater 9000`,
      ];
      await compare(hook, expressions, () => stream('ipv4', []), 'captured');
    },
  );

  // Above 64 KiB the kernel gives an IPv6 packet another header, which no segment has.
  test.each(['socket', 'tcx'] as const)('BIG TCP on hook %s', async (hook) => {
    const { sender, receiver } = link;
    await sender.link('set', sender.iface, 'gso_max_size', '180000');
    for (const end of [sender, receiver]) {
      // Fewer segments under way than the receiver's backlog takes.
      const sizes = '4096 700000 700000';
      await end.exec(
        'sysctl',
        '--quiet',
        '--write',
        `net.ipv4.tcp_wmem=${sizes}`,
        `net.ipv4.tcp_rmem=${sizes}`,
      );
    }
    const all = `tcp port ${TCP_PORT}`;
    const big = await LiveTcpdumps.start(sender, ['greater 70000'], ['-U']);
    await compare(hook, [all, `${all} and greater 1000`], () => stream('ipv6', ['--length', '1M']));
    const [tooBig] = await big.stop();
    expect(tooBig!.packets).toBeGreaterThan(0n);
  });

  /** A TCP stream between sender and receiver. */
  async function stream(
    version: 'ipv4' | 'ipv6',
    options: readonly string[],
    to: string = RECEIVER[version],
  ): Promise<void> {
    const server = link.receiver.spawn('iperf3', ['--server', '--one-off', '--forceflush'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = new Promise((resolve) => server.once('exit', resolve));
    await new Promise((resolve) => server.stdout?.once('data', resolve));
    const amount = ['--bytes', '20M', '--bitrate', '1G'];
    await link.sender.exec('iperf3', '--client', to, ...amount, ...options);
    await exited;
  }

  /** Counts at the sender while something is sent, and compares with what tcpdump sees at the receiver, or beside it. */
  async function compare(
    hook: HookName,
    expressions: readonly string[],
    send: () => Promise<void>,
    packet: PacketKind = 'wire',
  ): Promise<void> {
    const leave = link.sender.enter();
    const source = new EbpfSource({
      task: {
        iface: link.sender.iface,
        filters: expressions.map((expression, index) => ({ id: `f${index}`, expression })),
        sizeUpperBounds: DEFAULT_SIZE_UPPER_BOUNDS,
      },
      hook,
      packet,
      probe: probeInterface,
      log: recordingLog().log,
      onStatus: () => {},
    });
    try {
      await source.start();
      const oracle = packet === 'wire' ? link.receiver : link.sender;
      const dumps = await LiveTcpdumps.start(oracle, expressions, ['-U']);
      const beside = await LiveTcpdumps.start(link.sender, expressions.slice(0, 1));
      await send();
      const ours = async () => {
        const { filters } = source.read();
        return filters.map(({ bytes, sizes }): Counted => {
          return { packets: sizes.reduce((a, b) => a + b), bytes, sizes };
        });
      };
      // A tcpdump that is stopped leaves in its ring what it has not come to; and the last packets may be under way.
      const agree = async () => isDeepStrictEqual(dumps.written(), await ours());
      await expect
        .poll(agree, { timeout: 10_000 })
        .toBe(true)
        .catch(() => {});
      const theirs = await dumps.stop();
      const [merged] = await beside.stop();
      expect(await ours()).toEqual(theirs);
      expect(theirs.every(({ packets }) => packets > 0n)).toBe(true);
      // What libpcap shows beside us is something else.
      if (packet === 'wire') expect(Number(merged!.packets)).toBeLessThan(0.9 * Number(theirs[0]!.packets));
    } finally {
      await source.stop();
      leave();
    }
  }
});

function inVlan(expressions: readonly string[], tagged: boolean): string[] {
  return expressions.map((expression) => (tagged ? `vlan ${VLAN_ID} and (${expression})` : expression));
}
