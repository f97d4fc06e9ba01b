import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { HookName } from '@ifcast/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { EbpfSource } from '../../packages/daemon/src/capture/ebpf/ebpf-source.ts';
import { ATTACH_TYPE, BpfLink } from '../../packages/daemon/src/sys/bpf-link.ts';
import { loadProgram, PROGRAM_TYPE } from '../../packages/daemon/src/sys/bpf-program.ts';
import { probeInterface } from '../../packages/daemon/src/sys/network-interface.ts';
import { assemble } from '../../packages/filter/src/ebpf/isa/assemble.ts';
import { call, exit, mov, R0, R2, R3 } from '../../packages/filter/src/ebpf/isa/instruction.ts';
import { SKB_VLAN_PUSH } from '../support/kernel-helpers.ts';
import { createVethPair, type VethEnd, type VethPair } from '../support/netns.ts';
import { recordingLog } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { LiveTcpdumps } from '../support/tcpdump.ts';

const PROGRAM = fileURLToPath(new URL('../../packages/daemon/bin/ifcastd.js', import.meta.url));
const PACKETS = 20;
/** Ethernet, IPv4, UDP, and a newline. */
const FRAME_BYTES = 14n + 20n + 8n + 1n;

describe.runIf(requirements('root', 'bpf', 'ip', 'tc', 'tcpdump', 'ethtool'))(
  'what a hook does not see is told',
  () => {
    let pair: VethPair;
    let leave: () => void;
    let source: EbpfSource | undefined;

    beforeEach(async () => {
      pair = await createVethPair({ ipv4: true });
      leave = pair.b.enter();
    });
    afterEach(async () => {
      await source?.stop();
      leave();
      await pair.close();
    });

    async function start(hook: HookName, ...expressions: string[]): Promise<EbpfSource> {
      source = new EbpfSource({
        task: {
          iface: pair.b.iface,
          filters: expressions.map((expression, index) => ({ id: `f${index}`, expression })),
          sizeUpperBounds: [64],
        },
        hook,
        packet: 'wire',
        probe: probeInterface,
        log: recordingLog().log,
        onStatus: () => {},
      });
      await source.start();
      expect(source.status()).toMatchObject({ state: 'counting' });
      return source;
    }

    function counted(counting: EbpfSource): { packets: bigint; bytes: bigint }[] {
      return counting
        .read()
        .filters.map(({ bytes, sizes }) => ({ packets: sizes.reduce((sum, size) => sum + size), bytes }));
    }

    test('xdp: tags that the card takes out, until it leaves them in', async () => {
      const tagging = tagAllThatGoesOut();
      await pair.b.exec('ethtool', '-K', pair.b.iface, 'rxvlan', 'on');
      const counting = await start('xdp', 'vlan 5 and udp', '');
      const note = `XDP does not see the VLAN tags that the network card takes out: "vlan" does not match these packets, and each counts 4 bytes less; "ethtool -K ${pair.b.iface} rxvlan off" leaves the tags in`;
      expect(counting.status().notes).toEqual([note]);

      // A veth hands a tag over beside the frame, as a card does; with txvlan off it stands in the frame.
      let dumps = await LiveTcpdumps.start(pair.b, ['vlan 5 and udp'], ['-U', '-Q', 'in']);
      await sendDatagrams(pair.a, pair.b.ipv4);
      await expect.poll(() => dumps.written()[0]!.packets).toBe(BigInt(PACKETS));
      await dumps.stop();
      expect(counted(counting)).toEqual([
        { packets: 0n, bytes: 0n },
        { packets: BigInt(PACKETS), bytes: BigInt(PACKETS) * FRAME_BYTES },
      ]);

      await pair.a.exec('ethtool', '-K', pair.a.iface, 'txvlan', 'off');
      await pair.b.exec('ethtool', '-K', pair.b.iface, 'rxvlan', 'off');
      dumps = await LiveTcpdumps.start(pair.b, ['vlan 5 and udp'], ['-U', '-Q', 'in']);
      await sendDatagrams(pair.a, pair.b.ipv4);
      await expect
        .poll(() => dumps.written()[0])
        .toMatchObject({ packets: BigInt(PACKETS), bytes: BigInt(PACKETS) * (FRAME_BYTES + 4n) });
      await dumps.stop();
      expect(counted(counting)[0]).toEqual({
        packets: BigInt(PACKETS),
        bytes: BigInt(PACKETS) * (FRAME_BYTES + 4n),
      });
      await expect.poll(() => counting.status().notes, { timeout: 15_000 }).toEqual([]);
      tagging.close();
    });

    /** Beside the frame, as the kernel keeps a tag until the driver. */
    function tagAllThatGoesOut(): BpfLink {
      leave();
      leave = pair.a.enter();
      const push = [mov(R2, 0x0081), mov(R3, 5), call(SKB_VLAN_PUSH), mov(R0, 0), exit()];
      const program = loadProgram({ type: PROGRAM_TYPE.schedCls, code: assemble(push) });
      const { ifindex } = probeInterface(pair.a.iface)!;
      const link = BpfLink.create(program, ifindex, ATTACH_TYPE.tcxEgress);
      leave();
      leave = pair.b.enter();
      return link;
    }

    test('xdp: check warns of a filter for vlan', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'ifcast-check-'));
      try {
        const config = join(directory, 'c.toml');
        writeFileSync(
          config,
          `interface = "${pair.b.iface}"\nhook = "xdp"\n[[filter]]\nid = "v"\nmatch = "vlan 5"\n[[filter]]\nid = "all"\n`,
        );
        const check = async () =>
          (
            await pair.b.exec('sh', '-c', `"${process.execPath}" "${PROGRAM}" check -c "${config}" 2>&1`)
          ).split('\n');
        await pair.b.exec('ethtool', '-K', pair.b.iface, 'rxvlan', 'on');
        expect((await check())[0]).toMatch(
          /^warning: .*c\.toml:5:\d+: filter\[0\]\.match: filter "v" asks for vlan, and XDP does not see .*rxvlan off/,
        );
        await pair.b.exec('ethtool', '-K', pair.b.iface, 'rxvlan', 'off');
        expect((await check())[0]).toMatch(/^ID/);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });

    test('tcx: what classic tc filters drop on its way out', async () => {
      const counting = await start('tcx', 'udp');
      expect(counting.status().notes).toEqual([]);
      execFileSync('tc', ['qdisc', 'add', 'dev', pair.b.iface, 'clsact']);
      // `action drop` is a module of its own, which not every kernel has.
      const redirect = 'egress u32 match u32 0 0 action mirred egress redirect dev lo';
      execFileSync('tc', ['filter', 'add', 'dev', pair.b.iface, ...redirect.split(' ')]);
      await expect
        .poll(() => counting.status().notes, { timeout: 15_000 })
        .toEqual([
          'tc filters (qdisc clsact) run after hook = "tcx": what they drop or change on its way out has been counted as it was',
        ]);
      const dumps = await LiveTcpdumps.start(pair.b, ['udp'], ['-U']);
      await sendDatagrams(pair.b, pair.a.ipv4);
      expect(counted(counting)[0]?.packets).toBe(BigInt(PACKETS));
      expect((await dumps.stop())[0]?.packets).toBe(0n);
    });
  },
);

async function sendDatagrams(from: VethEnd, to: string): Promise<void> {
  await from.exec('bash', '-c', `for i in {1..${PACKETS}}; do echo > /dev/udp/${to}/9; done`);
}
