/**
 * A sender whose interface has every offload on, a router, and a receiver behind a link with all offloads off: what passes
 * there is what the sender's merged packets are on a wire.
 *
 *     sender veth-a ── veth-b router veth-a ── veth-b receiver
 *       offloads on                  offloads off
 */
import { ATTACH_TYPE, BpfLink } from '../../packages/daemon/src/sys/bpf-link.ts';
import { loadProgram, PROGRAM_TYPE } from '../../packages/daemon/src/sys/bpf-program.ts';
import { probeInterface } from '../../packages/daemon/src/sys/network-interface.ts';
import { assemble } from '../../packages/filter/src/ebpf/isa/assemble.ts';
import { byteSwap, call, exit, mov, R0, R2, R3 } from '../../packages/filter/src/ebpf/isa/instruction.ts';
import { SKB_VLAN_POP, SKB_VLAN_PUSH } from './kernel-helpers.ts';
import { createVethPair, type VethEnd, type VethPair } from './netns.ts';

const TCX_NEXT = -1;
const TPID = 0x8100;

/** Addresses of the receiver. */
export const RECEIVER = { ipv4: '10.78.0.2', ipv6: 'fd78::2' } as const;
/** Addresses of the receiver in a tunnel. */
export const TUNNELLED = { ipv4: '10.79.0.2', ipv6: 'fd79::2' } as const;
const TUNNEL = 'tunnel7';
/** Where the receiver takes what it gets out of its packet. */
const SEGMENT = 'fd78::100';
const MACS = ['02:00:00:00:79:01', '02:00:00:00:79:02'] as const;

export class RoutedLink {
  readonly sender: VethEnd;
  readonly receiver: VethEnd;
  readonly #near: VethPair;
  readonly #far: VethPair;
  #links: BpfLink[] = [];
  #routesBySegments = false;

  private constructor(near: VethPair, far: VethPair) {
    this.sender = near.a;
    this.receiver = far.b;
    this.#near = near;
    this.#far = far;
  }

  static async create(): Promise<RoutedLink> {
    const near = await createVethPair({ ipv4: true, ipv6: true, offloads: true });
    // The router takes the header that BIG TCP has for a part of the segments.
    const far = await createVethPair({ ipv6: true, mtu: 1600 });
    const link = new RoutedLink(near, far);
    try {
      await link.#route();
    } catch (error) {
      await link.close();
      throw error;
    }
    return link;
  }

  /** Tags every packet of both links, as interfaces of a VLAN with hardware offload do. */
  tag(vlanId: number): void {
    const push = load([mov(R2, TPID), byteSwap(16, R2), mov(R3, vlanId), call(SKB_VLAN_PUSH)]);
    const pop = load([call(SKB_VLAN_POP)]);
    const router = this.#near.b.namespace;
    for (const [namespace, iface] of [
      [this.sender.namespace, this.sender.iface],
      [router, this.#near.b.iface],
      [router, this.#far.a.iface],
      [this.receiver.namespace, this.receiver.iface],
    ] as const) {
      const leave = this.#endIn(namespace).enter();
      try {
        const { ifindex } = probeInterface(iface)!;
        this.#links.push(BpfLink.create(push, ifindex, ATTACH_TYPE.tcxEgress));
        this.#links.push(BpfLink.create(pop, ifindex, ATTACH_TYPE.tcxIngress));
      } finally {
        leave();
      }
    }
  }

  /**
   * Makes a VXLAN tunnel between sender and receiver, whose inner addresses are those of {@link TUNNELLED}.
   *
   * @param outer - what it goes over
   */
  async tunnel(outer: 'ipv4' | 'ipv6'): Promise<void> {
    const sender = { ipv4: this.sender.ipv4, ipv6: this.sender.ipv6 }[outer];
    const ends = [
      { end: this.sender, from: sender, to: RECEIVER[outer], mac: MACS[0], host: 1 },
      { end: this.receiver, from: RECEIVER[outer], to: sender, mac: MACS[1], host: 2 },
    ];
    for (const { end, from, to, mac, host } of ends) {
      await end.link(
        'add',
        TUNNEL,
        'address',
        mac,
        'type',
        'vxlan',
        'id',
        '7',
        'local',
        from,
        'remote',
        to,
        'dstport',
        '4789',
      );
      // By itself it says nothing then: a report of groups or a question for a neighbour that is under way when counting begins
      // would be a packet that only one side has seen.
      await end.link('set', TUNNEL, 'arp', 'off', 'addrgenmode', 'none', 'mtu', '1430', 'up');
      await end.exec('ip', 'address', 'add', `10.79.0.${host}/24`, 'dev', TUNNEL);
      await end.exec('ip', 'address', 'add', `fd79::${host}/64`, 'dev', TUNNEL, 'nodad');
    }
    for (const [{ end, host }, mac] of [
      [ends[0]!, MACS[1]],
      [ends[1]!, MACS[0]],
    ] as const) {
      for (const address of [`10.79.0.${3 - host}`, `fd79::${3 - host}`]) {
        await end.exec('ip', 'neighbour', 'replace', address, 'lladdr', mac!, 'dev', TUNNEL);
      }
    }
  }

  /** Sends what goes to {@link TUNNELLED} over IPv6 inside a packet with a segment routing header (RFC 8754, RFC 8986). */
  async routeBySegments(): Promise<void> {
    if (this.#routesBySegments) return;
    this.#routesBySegments = true;
    const { sender, receiver } = this;
    const router = this.#near.b;
    await sender.exec(
      ...[
        'ip',
        '-6',
        'route',
        'add',
        `${TUNNELLED.ipv6}/128`,
        'encap',
        'seg6',
        'mode',
        'encap',
        'segs',
        SEGMENT,
      ],
      ...['via', router.ipv6, 'dev', sender.iface, 'mtu', '1400'],
    );
    await router.exec(
      'ip',
      'neighbour',
      'replace',
      SEGMENT,
      'lladdr',
      receiver.mac,
      'dev',
      this.#far.a.iface,
    );
    await receiver.exec(
      ...['sysctl', '--quiet', '--write', 'net.ipv6.conf.all.seg6_enabled=1'],
      `net.ipv6.conf.${receiver.iface}.seg6_enabled=1`,
    );
    await receiver.exec('ip', 'address', 'add', `${TUNNELLED.ipv6}/128`, 'dev', receiver.iface, 'nodad');
    await receiver.exec(
      ...[
        'ip',
        '-6',
        'route',
        'add',
        `${SEGMENT}/128`,
        'encap',
        'seg6local',
        'action',
        'End.DT6',
        'table',
        '255',
      ],
      ...['dev', receiver.iface],
    );
  }

  /** Takes the tunnel away again, if there is one. */
  async untunnel(): Promise<void> {
    for (const end of [this.sender, this.receiver]) await end.link('delete', TUNNEL).catch(() => {});
  }

  /** Takes the tags off again. */
  untag(): void {
    for (const link of this.#links) link.close();
    this.#links = [];
  }

  async close(): Promise<void> {
    this.untag();
    await this.#near.close();
    await this.#far.close();
  }

  /** UDP datagrams that have arrived and found nobody listening. */
  async datagramsReceived(): Promise<number> {
    const v4 = /^Udp: \d+ (\d+)/m.exec(await this.receiver.exec('cat', '/proc/net/snmp'));
    const v6 = /^Udp6NoPorts\s+(\d+)/m.exec(await this.receiver.exec('cat', '/proc/net/snmp6'));
    return Number(v4?.[1]) + Number(v6?.[1]);
  }

  #endIn(namespace: string): VethEnd {
    return [this.#near.a, this.#near.b, this.#far.b].find((end) => end.namespace === namespace)!;
  }

  /** Moves the near end of the far link into the router and makes routes over it. */
  async #route(): Promise<void> {
    const { a: sender, b: router } = this.#near;
    const { a: moved, b: receiver } = this.#far;
    const ip = (end: VethEnd, ...args: string[]): Promise<string> => end.exec('ip', ...args);
    // A veth interface joins what it receives when it is asked to, and when the other end does not send it joined.
    await sender.exec('ethtool', '-K', sender.iface, 'gro', 'on');
    await router.exec('ethtool', '-K', router.iface, 'tso', 'off');
    await moved.link('set', moved.iface, 'netns', router.namespace);
    await router.link('set', moved.iface, 'up');
    await router.exec(
      'sysctl',
      '--quiet',
      '--write',
      'net.ipv4.ip_forward=1',
      'net.ipv6.conf.all.forwarding=1',
    );
    await ip(router, 'address', 'add', '10.78.0.1/24', 'dev', moved.iface);
    await ip(router, 'address', 'add', 'fd78::1/64', 'dev', moved.iface, 'nodad');
    await ip(receiver, 'address', 'flush', 'dev', receiver.iface);
    await ip(receiver, 'address', 'add', `${RECEIVER.ipv4}/24`, 'dev', receiver.iface);
    await ip(receiver, 'address', 'add', `${RECEIVER.ipv6}/64`, 'dev', receiver.iface, 'nodad');
    for (const address of [RECEIVER.ipv4, RECEIVER.ipv6]) {
      await ip(router, 'neighbour', 'replace', address, 'lladdr', receiver.mac, 'dev', moved.iface);
    }
    for (const address of ['10.78.0.1', 'fd78::1']) {
      await ip(receiver, 'neighbour', 'replace', address, 'lladdr', moved.mac, 'dev', receiver.iface);
    }
    await ip(sender, 'route', 'add', 'default', 'via', router.ipv4);
    await ip(sender, '-6', 'route', 'add', 'default', 'via', router.ipv6);
    await ip(receiver, 'route', 'add', 'default', 'via', '10.78.0.1');
    await ip(receiver, '-6', 'route', 'add', 'default', 'via', 'fd78::1');
  }
}

function load(steps: Parameters<typeof assemble>[0]): number {
  return loadProgram({
    type: PROGRAM_TYPE.schedCls,
    code: assemble([...steps, mov(R0, TCX_NEXT), exit()]),
  });
}
