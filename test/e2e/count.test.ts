import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { DEFAULT_SIZE_UPPER_BOUNDS, decodePayload, parseStats, type Stats } from '@ifcast/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { countFiles } from '../../packages/daemon/src/capture/file/count-file.ts';
import { statsMessage } from '../../packages/daemon/src/outputs/mqtt/messages.ts';
import { EXPRESSIONS } from '../support/expressions.ts';
import { packetMix, pcapFile, pcapngFile } from '../support/packet-mix.ts';
import { requirements } from '../support/requirements.ts';
import { sampleCapture } from '../support/sample-capture.ts';
import { tcpdumpFile } from '../support/tcpdump.ts';

const PROGRAM = fileURLToPath(new URL('../../packages/daemon/bin/ifcastd.js', import.meta.url));
const SAMPLE = fileURLToPath(new URL('../../config/examples/sample.pcap', import.meta.url));
const FRAMES = packetMix();
const OFFLINE = EXPRESSIONS.filter(({ live }) => live !== true);

describe.runIf(requirements('tcpdump'))('ifcastd count', () => {
  let directory: string;
  let pcap: string;
  let pcapng: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ifcast-count-'));
    pcap = join(directory, 'mix.pcap');
    pcapng = join(directory, 'mix.pcapng');
    writeFileSync(pcap, pcapFile(FRAMES));
    writeFileSync(pcapng, pcapngFile(FRAMES));
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  function count(args: readonly string[], input?: Buffer): Stats {
    const stdout = execFileSync(process.execPath, [PROGRAM, 'count', '--json', ...args], { input });
    return parseStats(decodePayload(stdout));
  }

  test(`equals tcpdump -r for ${OFFLINE.length} expressions, to the packet, byte and bucket`, async () => {
    const filters = OFFLINE.map(({ label, expression }) => ({ id: label, expression }));
    const { start, end, damages } = await countFiles([pcap], filters, DEFAULT_SIZE_UPPER_BOUNDS);
    const stats = statsMessage(end, start, 1);
    expect(damages).toEqual([]);
    let matched = 0;
    for (const [index, { label, expression }] of OFFLINE.entries()) {
      const { packets_total: packets, bytes_total: bytes, sizes_total: sizes } = stats.filters[index]!;
      expect({ packets, bytes, sizes }, `${label}: ${expression}`).toEqual(tcpdumpFile(pcap, expression));
      if (packets > 0n) matched++;
    }
    expect(matched).toBeGreaterThanOrEqual(40);
  });

  test('reads pcap, pcapng and standard input alike', () => {
    const args = ['--match', 'web=tcp port 443', '--match', 'all='];
    const stats = count(['-r', pcap, ...args]);
    expect(stats.filters.map(({ id }) => id)).toEqual(['web', 'all']);
    expect(stats.filters[1]).toMatchObject({ packets_total: BigInt(FRAMES.length) });
    expect(stats).toMatchObject({ since: '2023-11-14T22:13:20.000Z', interval_ms: FRAMES.length - 1 });
    expect(count(['-r', pcapng, ...args])).toEqual(stats);
    expect(count(['-r', '-', ...args], pcapFile(FRAMES))).toEqual(stats);
  });

  test('prints a table with a column for each bucket', () => {
    const table = execFileSync(process.execPath, [PROGRAM, 'count', '-r', pcap, '--match', 'all='], {
      encoding: 'utf8',
    });
    const [head, row, ...rest] = table.trimEnd().split('\n');
    expect(head?.split(/\s+/)).toEqual([
      'FILTER',
      'PACKETS',
      'BYTES',
      '≤64',
      '65+',
      '128+',
      '256+',
      '512+',
      '1024+',
      '1513+',
    ]);
    const { packets, bytes, sizes } = tcpdumpFile(pcap, '');
    expect(row?.split(/\s+/)).toEqual(['all', ...[packets, bytes, ...sizes].map(String)]);
    expect(rest).toEqual([]);
  });

  test.each([
    ['cut off', pcapFile(FRAMES).subarray(0, -50), 'truncated dump file', FRAMES.length - 1],
    [
      'damaged',
      Buffer.concat([pcapFile(FRAMES.slice(0, 5)), Buffer.alloc(16, 0xff)]),
      'invalid packet capture length',
      5,
    ],
  ])('counts what is whole of a %s file, and says what is wrong', (_, content, words, packets) => {
    const path = join(directory, 'damaged.pcap');
    writeFileSync(path, content);
    const { status, stdout, stderr } = spawnSync(process.execPath, [
      PROGRAM,
      'count',
      '--json',
      '-r',
      path,
      '--match',
      'all=',
    ]);
    expect(status).toBe(69);
    expect(stderr.toString()).toContain(words);
    expect(parseStats(decodePayload(stdout)).filters[0]?.packets_total).toBe(BigInt(packets));
  });

  test.each([
    ['no capture file', Buffer.from('hello'), [], 69],
    ['a filter for direction', pcapFile(FRAMES), ['--match', 'in=inbound'], 64],
    ['a filter that libpcap refuses', pcapFile(FRAMES), ['--match', 'x=tcp prt 1'], 64],
  ])('one line and an exit code for %s', (_, content, args, code) => {
    const path = join(directory, 'input.pcap');
    writeFileSync(path, content);
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'count', '-r', path, ...args]);
    expect(stdout.toString()).toBe('');
    expect(stderr.toString().trimEnd().split('\n')).toHaveLength(1);
    expect(status).toBe(code);
  });
});

// Made anew by: UPDATE_SAMPLE=1 npx vitest run test/e2e/count.test.ts
test('the sample capture is the one that its generator makes', () => {
  if (process.env['UPDATE_SAMPLE'] !== undefined) writeFileSync(SAMPLE, sampleCapture());
  expect(readFileSync(SAMPLE).equals(sampleCapture())).toBe(true);
});
