import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as zlib from 'node:zlib';

import { DEFAULT_SIZE_UPPER_BOUNDS, decodePayload, parseStats, type Stats } from '@ifcast/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { countFiles } from '../../packages/daemon/src/capture/file/count-file.ts';
import {
  beacon,
  ipPackets,
  LINKTYPE,
  loopbackPackets,
  pcapOfLinkType,
} from '../support/link-type-captures.ts';
import { packetMix, pcapFile, pcapngFile, timedPcapFile } from '../support/packet-mix.ts';
import { requirements } from '../support/requirements.ts';
import { tcpdumpFile } from '../support/tcpdump.ts';

const PROGRAM = fileURLToPath(new URL('../../packages/daemon/bin/ifcastd.js', import.meta.url));
const FRAMES = packetMix();
const EXPRESSIONS = [
  ...['', 'ip', 'ip6', 'tcp', 'udp', 'icmp6', 'port 53', 'ip6 and tcp port 443', 'host 192.0.2.1'],
  ...['net 2001:db8::/32', 'tcp[13] = 2', 'ip6[6] = 17', 'ip[9] = 132', 'not ip', 'greater 600'],
];
const LAST_TIME_MS = 8.64e15;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ifcast-capture-files-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** A run of the program: one object of `--json`, or what it says against it. */
function count(args: readonly string[], input?: Buffer) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'count', '--json', ...args], {
    input,
    maxBuffer: 1 << 26,
  });
  const said = stderr.toString().trimEnd();
  return { status, said, stats: stdout.length === 0 ? null : parseStats(decodePayload(stdout)) };
}

function packets(stats: Stats | null): bigint[] {
  return stats?.filters.map(({ packets_total }) => packets_total) ?? [];
}

describe.runIf(requirements('tcpdump'))('counts as tcpdump -r does', () => {
  test.each([
    ['DLT_NULL of this byte order', 'null', 'little'],
    ['DLT_NULL of the other byte order', 'null', 'big'],
    ['DLT_LOOP', 'loop', 'little'],
    ['DLT_LOOP in a file of the other byte order', 'loop', 'big'],
  ] as const)('%s', async (_, linkType, order) => {
    const content = pcapOfLinkType(LINKTYPE[linkType], loopbackPackets(linkType, order), order);
    await agree(file('loopback.pcap', content), EXPRESSIONS);
  });

  test('IP packets without a link layer', async () => {
    await agree(file('raw.pcap', pcapOfLinkType(LINKTYPE.raw, ipPackets(), 'big')), EXPRESSIONS);
  });

  test('what lies before the packet, and the protocols of OSI', async () => {
    const isis = Buffer.from(`0180c2000014020000007701002efefe03${'831b0100'.padEnd(86, '0')}`, 'hex');
    const osi = ['clnp', 'esis', 'isis', 'iso', 'l1', 'l2', 'lsp', 'psnp', 'csnp', 'iih'];
    const negative = ['ether[0xffffff00:4] = 0', 'not ether[0xfff00000] = 0x45', 'ether[0xfffff004:2] = 0'];
    await agree(file('osi.pcap', pcapFile([...FRAMES, isis])), [...osi, ...negative]);
  });

  async function agree(path: string, expressions: readonly string[]): Promise<void> {
    const filters = expressions.map((expression, index) => ({ id: `f${index}`, expression }));
    const { end, damages, notes } = await countFiles([path], filters, DEFAULT_SIZE_UPPER_BOUNDS);
    expect([damages, notes]).toEqual([[], []]);
    const ours = end.counts.filters.map(({ bytes, sizes }) => ({
      packets: sizes.reduce((sum, size) => sum + size),
      bytes,
      sizes,
    }));
    const theirs = expressions.map((expression) => tcpdumpFile(path, expression));
    expect(Object.fromEntries(ours.map((one, i) => [expressions[i], one]))).toEqual(
      Object.fromEntries(theirs.map((one, i) => [expressions[i], one])),
    );
    expect(theirs.some((one) => one.packets > 0n)).toBe(true);
  }

  test.each(['radiotap', 'ppi'] as const)(
    'and refuses with it what a file of %s does not hold',
    (linkType) => {
      const path = file('radio.pcap', pcapOfLinkType(LINKTYPE[linkType], [beacon(linkType)], 'little'));
      const live = ['inbound', 'outbound', 'ifindex 1'];
      const { status, said, stats } = count([
        '-r',
        path,
        ...live.flatMap((one, i) => ['-m', `f${i}=${one}`]),
      ]);
      expect([status, stats]).toEqual([64, null]);
      for (const [index, expression] of live.entries()) {
        const theirs = spawnSync('tcpdump', ['-r', path, '-w', '/dev/null', expression], {
          encoding: 'utf8',
        });
        const words = /not supported on .* when reading savefiles/.exec(theirs.stderr)?.[0];
        expect(said).toMatch(new RegExp(`filter "f${index}": [^;]*${words}`));
      }
      expect(packets(count(['-r', path, '-m', 'x=greater 40']).stats)).toEqual([1n]);
    },
  );

  test('and with it no filter of a link type that is unknown', () => {
    const path = file('unknown.pcap', pcapOfLinkType(LINKTYPE.unknown, [Buffer.alloc(60)], 'little'));
    const { status, said } = count(['-r', path, '-m', 'all=']);
    expect(said).toMatch(/^ifcastd: capture file .*unknown\.pcap cannot be counted: .*9999/);
    expect(said).not.toContain('--match');
    expect(status).toBe(69);
  });
});

test('a filter that nothing in the file can match counts 0, and says so', () => {
  const path = file('raw.pcap', pcapOfLinkType(LINKTYPE.raw, ipPackets(), 'little'));
  const { status, said, stats } = count(['-r', path, '-m', 'arp=arp', '-m', 'ip=ip', '-m', 'tagged=vlan 5']);
  expect([status, packets(stats)[0], packets(stats)[2]]).toEqual([0, 0n, 0n]);
  expect(packets(stats)[1]).toBeGreaterThan(0n);
  expect(said.split('\n')).toEqual([
    expect.stringMatching(
      /raw\.pcap: filter "arp" counts nothing, .* on this link type .*rejects all packets$/,
    ),
    expect.stringMatching(/raw\.pcap: filter "tagged" counts nothing, .*: no VLAN support/),
  ]);
  // Without a configuration the built-in filters count, arp among them.
  expect(count(['-r', path]).status).toBe(0);
});

describe('times', () => {
  test('of packets that are not in order make an interval from the earliest to the latest', () => {
    const packet = (offsetUs: number) => ({ frame: FRAMES[0]!, offsetUs });
    const path = file('back.pcap', timedPcapFile([packet(5e6), packet(-2e6), packet(1e6)]));
    expect(count(['-r', path, '-m', 'all=']).stats).toMatchObject({
      since: '2023-11-14T22:13:18.000Z',
      ts: '2023-11-14T22:13:25.000Z',
      interval_ms: 7000,
    });
  });

  test('beyond what a date can tell are the last that it can, and the counts are kept', () => {
    const content = pcapngFile(FRAMES.slice(0, 3));
    // The upper half of the first packet's time, in the block after those of section (28 bytes) and interface (20).
    content.writeUInt32LE(0xffff_ffff, 28 + 20 + 12);
    const { status, said, stats } = count(['-r', file('far.pcapng', content), '-m', 'all=']);
    expect([status, packets(stats)]).toEqual([0, [3n]]);
    expect(stats?.ts).toBe(new Date(LAST_TIME_MS).toISOString());
    expect(said).toContain('packets have times outside the years');
  });
});

describe('a compressed file', () => {
  const plain = pcapFile(FRAMES);
  const readable: [string, Buffer][] = [['gzip', zlib.gzipSync(plain)]];
  const { zstdCompressSync } = zlib as { readonly zstdCompressSync?: (bytes: Buffer) => Buffer };
  if (zstdCompressSync !== undefined) readable.push(['zstd', zstdCompressSync(plain)]);
  const unreadable: [name: string, program: string, magic: string][] = [
    ['xz', 'xz', 'fd377a585a00'],
    ['bzip2', 'bzip2', '425a683931'],
    ['LZ4', 'lz4', '04224d18'],
  ];
  if (zstdCompressSync === undefined) unreadable.push(['zstd', 'zstd', '28b52ffd']);

  test.each(readable)('of %s is read, also from standard input and a named pipe', async (name, content) => {
    const path = file(`mix.pcap.${name}`, content);
    const all = ['-m', 'all='];
    const { stats } = count(['-r', file('mix.pcap', plain), ...all]);
    expect(packets(stats)).toEqual([BigInt(FRAMES.length)]);
    expect(count(['-r', path, ...all]).stats).toEqual(stats);
    expect(count(['-r', '-', ...all], content).stats).toEqual(stats);
    const fifo = join(directory, `fifo-${name}`);
    execFileSync('mkfifo', [fifo]);
    const writer = spawn('sh', ['-c', 'cat "$1" > "$2"', 'sh', path, fifo], { stdio: 'ignore' });
    expect(count(['-r', fifo, ...all]).stats).toEqual(stats);
    await once(writer, 'exit');
  });

  test.each(readable)('of %s that is cut off is counted up to there', (name, content) => {
    const path = file(`cut.${name}`, content.subarray(0, content.length - 20));
    const { status, said, stats } = count(['-r', path, '-m', 'all=']);
    expect(status).toBe(69);
    expect(said).toMatch(new RegExp(`^ifcastd: capture file .*: ${name}: .*; what came before is counted$`));
    expect(packets(stats)[0]).toBeGreaterThan(0n);
  });

  test.each(unreadable)('of %s is refused with the program that undoes it', (name, program, magic) => {
    const content = Buffer.concat([Buffer.from(magic, 'hex'), Buffer.alloc(100)]);
    const path = file(`mix.${name}`, content);
    for (const { status, said } of [
      count(['-r', path, '-m', 'all=']),
      count(['-r', '-', '-m', 'all='], content),
    ]) {
      expect(status).toBe(69);
      expect(said).toMatch(new RegExp(`^ifcastd: .*compressed with ${name}, .*: .*${program} -dc`));
    }
  });

  test('of something else is no capture file', () => {
    const path = file('text.gz', zlib.gzipSync(Buffer.from('no capture file, but long enough for a header')));
    expect(count(['-r', path, '-m', 'all='])).toMatchObject({ status: 69, stats: null, said: /./ });
    expect(count(['-r', path, '-m', 'all=']).said).toContain('unknown file format');
  });
});

describe('several files', () => {
  const all = ['-m', 'all='];

  test('are counted together, of different link types too', () => {
    const ethernet = file('mix.pcap', pcapFile(FRAMES));
    const raw = file('raw.pcapng.gz', zlib.gzipSync(pcapOfLinkType(LINKTYPE.raw, ipPackets(), 'big')));
    const each = [ethernet, raw].map((path) => packets(count(['-r', path, '-m', 'tcp=tcp', ...all]).stats));
    const { stats } = count(['-r', ethernet, '-r', raw, '-m', 'tcp=tcp', ...all]);
    expect(packets(stats)).toEqual([each[0]![0]! + each[1]![0]!, each[0]![1]! + each[1]![1]!]);
  });

  test('of which one cannot be read give the counts of the others, and say it', () => {
    const whole = file('mix.pcap', pcapFile(FRAMES));
    const { status, said, stats } = count(['-r', join(directory, 'missing'), '-r', whole, ...all]);
    expect([status, packets(stats)]).toEqual([69, [BigInt(FRAMES.length)]]);
    expect(said).toMatch(/^ifcastd: capture file .*missing cannot be read: there is no such file$/);
  });
});

test('a fault of the configuration has its line, unless it is in a built-in filter', () => {
  const path = file('mix.pcap', pcapFile(FRAMES));
  const config = file('c.toml', Buffer.from('delay_ms = 500\n[[filter]]\nid = "in"\nmatch = "inbound"\n'));
  expect(count(['-r', path, '-c', config]).said).toMatch(/c\.toml:4:\d+: filter\[0\]\.match: .*filter "in"/);
});
