import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openDead, PcapError, type PcapHandle, pcapFunction } from './libpcap.ts';
import { openSavefile } from './pcap-stream.ts';

const DLT_EN10MB = 1;
const DLT_RAW = 12;
const DLT_LINUX_SLL2 = 276;

describe('a handle on nothing', () => {
  let handle: PcapHandle;
  beforeAll(() => {
    handle = openDead(DLT_EN10MB);
  });
  afterAll(() => handle.close());

  it('knows its link type', () => {
    expect([handle.linkType, handle.linkTypeName]).toEqual([1, 'EN10MB']);
  });

  it('compiles to the instructions that tcpdump -dd prints', () => {
    expect(handle.compile('arp')).toEqual([
      { code: 0x28, jt: 0, jf: 0, k: 12 },
      { code: 0x15, jt: 0, jf: 1, k: 0x0806 },
      { code: 0x06, jt: 0, jf: 0, k: 0x4_0000 },
      { code: 0x06, jt: 0, jf: 0, k: 0 },
    ]);
  });

  it('compiles nothing to a match of everything', () => {
    expect(handle.compile('')).toEqual([{ code: 0x06, jt: 0, jf: 0, k: 0x4_0000 }]);
  });

  it('knows no netmask, as tcpdump does not', () => {
    expect(handle.compile('ip broadcast').map(({ k }) => k)).toContain(0xffff_ffff);
  });

  it.each([
    ['port 80 and', /syntax error/],
    ['port porr', /^unknown port 'porr'$/],
    ['tcp and udp', /^expression rejects all packets$/],
    ['ip[0] / 0 = 1', /^division by zero$/],
    ['port 65536', /^illegal port number 65536 > 65535$/],
    ['net 10.0.0.1/8', /non-network bits set/],
    ['wlan type mgt', /802.11/],
  ])('refuses "%s" in the words of libpcap, and goes on', (expression, words) => {
    expect(() => handle.compile(expression)).toThrow(PcapError);
    expect(() => handle.compile(expression)).toThrow(words);
    expect(handle.compile('ip')).toHaveLength(4);
  });
});

it.each([
  [DLT_RAW, 'RAW'],
  [DLT_LINUX_SLL2, 'LINUX_SLL2'],
  [99_999, 'DLT 99999'],
])('link type %i is called %s', (linkType, name) => {
  const handle = openDead(linkType);
  expect([handle.linkType, handle.linkTypeName]).toEqual([linkType, name]);
  handle.close();
});

describe('a capture file', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ifcast-libpcap-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('gives its link type, and code for it', () => {
    const path = join(directory, 'raw.pcap');
    // The header of pcap-savefile(5), without any packet; 101 is LINKTYPE_RAW.
    const header = Buffer.alloc(24);
    [0xa1b2c3d4, 0x0004_0002, 0, 0, 65_535, 101].forEach((word, index) => {
      header.writeUInt32LE(word, 4 * index);
    });
    writeFileSync(path, header);
    const handle = openSavefile(path);
    expect([handle.linkType, handle.linkTypeName]).toEqual([DLT_RAW, 'RAW']);
    expect(handle.compile('ip')[0]).toEqual({ code: 0x30, jt: 0, jf: 0, k: 0 });
    expect(() => handle.compile('inbound')).toThrow(PcapError);
    handle.close();
  });

  it('that is not there, or is none, is an error in the words of libpcap', () => {
    const missing = join(directory, 'missing.pcap');
    expect(() => openSavefile(missing)).toThrow(new PcapError(`${missing}: No such file or directory`));
    const text = join(directory, 'text');
    writeFileSync(text, 'this is no capture file, but it is long enough for a header');
    expect(() => openSavefile(text)).toThrow(/unknown file format/);
    const short = join(directory, 'short');
    writeFileSync(short, 'x');
    expect(() => openSavefile(short)).toThrow(/truncated dump file/);
  });
});

it('a function is looked up once', () => {
  const prototype = 'const char *pcap_lib_version(void)';
  expect(pcapFunction(prototype)()).toMatch(/^libpcap version \d/);
  expect(pcapFunction(prototype)).toBe(pcapFunction(prototype));
});
