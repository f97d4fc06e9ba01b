import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { noHeaders, walkHeaders } from '@ifcast/filter';
import { describe, expect, it } from 'vitest';

import { headerFrame } from '../support/header-frames.ts';
import { createVethPair } from '../support/netns.ts';
import { pcapFile } from '../support/packet-mix.ts';
import { Random } from '../support/random.ts';
import { requirements } from '../support/requirements.ts';
import { type TsharkHeaders, tsharkHeaders } from '../support/tshark.ts';

const FRAMES = 4000;
/** TCP, UDP, SCTP, ICMP, ICMPv6: of others tshark tells no place. */
const TOLD = [6, 17, 132, 1, 58];

describe.runIf(requirements('tshark'))('the walk finds the headers where tshark does', () => {
  it(`in ${FRAMES} frames with many, long and odd headers`, () => {
    const random = new Random(20_261_126);
    const frames = Array.from({ length: FRAMES }, () => Buffer.from(headerFrame(random)));
    const seen = new Map<string, number>();
    tsharkHeaders(pcapFile(frames)).forEach((expected, index) => {
      const frame = frames[index]!;
      const { found, complete } = walk(frame);
      if (complete) expect(found, frame.toString('hex')).toEqual(expected);
      const kind = `${complete} ${expected.transport > 128} ${expected.fragmentOffset > 0} ${expected.tag >= 0}`;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    });
    // More headers than the walk goes over are rare, and everything else is there.
    const incomplete = [...seen]
      .filter(([kind]) => kind.startsWith('false'))
      .reduce((sum, [, count]) => sum + count, 0);
    expect(incomplete).toBeGreaterThan(0);
    expect(incomplete).toBeLessThan(FRAMES / 4);
    expect(seen.size).toBeGreaterThan(8);
  });
});

describe.runIf(requirements('root', 'ip', 'tcpdump', 'tshark', 'iperf3'))('of real packets too', () => {
  it('TCP, UDP and fragments, IPv4 and IPv6', async () => {
    const pair = await createVethPair({ ipv4: true, ipv6: true });
    const directory = mkdtempSync(join(tmpdir(), 'ifcast-walk-'));
    try {
      const path = join(directory, 'real.pcap');
      const dump = pair.b.spawn(
        'tcpdump',
        ['-i', pair.b.iface, '-U', '-w', path, '-Z', 'root', 'ip or ip6'],
        {
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      await once(dump.stderr!, 'data');
      for (const to of [pair.b.ipv4, pair.b.ipv6]) {
        for (const kind of [
          ['--bytes', '100K'],
          ['--udp', '--bytes', '100K', '--length', '8000'],
        ]) {
          const server = pair.b.spawn('iperf3', ['--server', '--one-off', '--forceflush'], {
            stdio: ['ignore', 'pipe', 'ignore'],
          });
          const exited = once(server, 'exit');
          await once(server.stdout!, 'data');
          await pair.a.exec('iperf3', '--client', to, ...kind);
          await exited;
        }
      }
      const ended = once(dump, 'exit');
      dump.kill('SIGINT');
      await ended;
      const pcap = readFileSync(path);
      const frames = framesOf(pcap);
      const seen = { tcp: 0, later: 0, ipv6: 0 };
      tsharkHeaders(pcap).forEach((expected, index) => {
        const { found, complete } = walk(frames[index]!);
        expect(complete).toBe(true);
        expect(found).toEqual(expected);
        if (expected.sourcePort === 5201 || expected.destinationPort === 5201) seen.tcp++;
        if (expected.fragmentOffset > 0) seen.later++;
        if (frames[index]![expected.network]! >> 4 === 6) seen.ipv6++;
      });
      expect(Math.min(seen.tcp, seen.later, seen.ipv6)).toBeGreaterThan(50);
    } finally {
      rmSync(directory, { recursive: true });
      await pair.close();
    }
  });
});

describe('the walk', () => {
  it('ends at the packet’s end, wherever that is', () => {
    const random = new Random(20_261_127);
    for (let i = 0; i < 200; i++) {
      const frame = headerFrame(random);
      for (let length = 0; length <= Math.min(frame.length, 200); length++) {
        const headers = noHeaders();
        walkHeaders(frame.subarray(0, length), 'ethernet', headers);
        for (const offset of [headers.network, headers.transport]) expect(offset).toBeLessThanOrEqual(length);
      }
    }
  });

  it('begins at an IP header where there is nothing before it', () => {
    const random = new Random(20_261_128);
    const whole = noHeaders();
    const bare = noHeaders();
    for (let i = 0; i < 200; i++) {
      const frame = headerFrame(random);
      walkHeaders(frame, 'ethernet', whole);
      if (whole.network !== 14) continue;
      walkHeaders(frame.subarray(14), 'ip', bare);
      expect(bare).toEqual({
        ...whole,
        network: 0,
        end: whole.end - 14,
        transport: whole.transport === -1 ? -1 : whole.transport - 14,
      });
    }
  });
});

/** The packets of a pcap file. */
function framesOf(pcap: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 24; at < pcap.length; ) {
    const captured = pcap.readUInt32LE(at + 8);
    frames.push(pcap.subarray(at + 16, at + 16 + captured));
    at += 16 + captured;
  }
  return frames;
}

/** What the walk finds, in tshark's terms; not complete where it ended before a header it has no more room for. */
function walk(frame: Buffer): { found: TsharkHeaders; complete: boolean } {
  const headers = noHeaders();
  walkHeaders(frame, 'ethernet', headers);
  const { network, transport, protocol, fragmentOffset, moreFragments, vlan, sourcePort, destinationPort } =
    headers;
  const isLaterFragment = fragmentOffset > 0;
  if (vlan !== -1) expect(vlan).toBe(frame.readUInt16BE(14));
  return {
    found: {
      network,
      transport: TOLD.includes(protocol) ? transport : -1,
      fragmentOffset,
      moreFragments,
      tag: vlan === -1 ? -1 : 14,
      sourcePort,
      destinationPort,
    },
    complete: network !== -1 && (transport !== -1 || isLaterFragment),
  };
}
