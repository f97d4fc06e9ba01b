import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { TuiError } from '../base/tui-error.ts';
import { parseLimit } from './alarm-keys.ts';
import { readConfigFile } from './config-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'ifcast-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

const path = join(directory, 'config.toml');
const CHECKS = {
  units: (text: string) => (text === 'bits' ? null : `"${text}" is not one of "bits"`),
  broker: (text: string) => (text.startsWith('http') ? 'its scheme is "http"' : null),
};

function read(content: string | Buffer) {
  writeFileSync(path, content);
  return readConfigFile(path, true, CHECKS)!;
}

/** The faults without the file's name. */
function faults(content: string | Buffer): string[] {
  try {
    read(content);
  } catch (error) {
    if (!(error instanceof TuiError)) throw error;
    expect(error.exitCode).toBe(78);
    return error.message.split('\n').map((line) => line.replace(`${path}:`, ''));
  }
  return [];
}

describe('one fault is one line with its place, its key and what would be right', () => {
  const known =
    /there is no such key; there are broker, username, .*, theme, color, ascii, remember, \[colors\], \[\[alarm\]\]$/;
  test.each<[string | Buffer, RegExp]>([
    ['topic = ', /^1:9: this is not TOML: unexpected end of input$/],
    ['a = 1\na = 2', /^2:1: /],
    ['\n\n  unit = "bits"', /^3:3: unit: there is no such key/],
    ['unit = "bits"', known],
    ['topic = 5', /^1:9: topic: 5 is not a text in quotes$/],
    ['topic   =   5', /^1:13: /],
    ['color = "no"', /^1:9: color: "no" is not true or false$/],
    ['remember = 1', /^1:12: remember: 1 is not true or false$/],
    ['broker = [1]', /^1:10: broker: a list is not a text in quotes, or a list of them$/],
    ['broker = []', /^1:10: broker: an empty list is not/],
    ['broker = "http://h"', /^1:10: broker: its scheme is "http"$/],
    ['units = "nibbles"', /^1:9: units: "nibbles" is not one of "bits"$/],
    ['units = "\\u001b[2J"', /^1:9: units: "[^\u001b]*$/],
    ['ca = "/nowhere"', /^1:6: ca: \/nowhere cannot be read \(ENOENT\)/],
    ['servername = "x"\nbroker = "mqtt://h"', /^1:14: servername: it needs mqtts:\/\/ or wss:\/\//],
    ['colors = 1', /^1:10: colors: 1 is not a table$/],
    ['[colors]\n\nbackground = "red"', /^3:1: colors\.background: there is no such key; there are title, /],
    ['[colors]\ngood = "mauve"', /^2:8: colors\.good: "mauve" is not a colour such as/],
    ['colors.good = 1', /^1:15: colors\.good: 1 is not a colour/],
    ['__proto__ = 1', /__proto__/],
    [Buffer.from('topic = "\xff"', 'latin1'), /^1: this is not UTF-8: save the file as UTF-8$/],
    ['#'.repeat(70_000), /^ the file is larger than 64 KiB: is it the right one\?$/],
  ])('%j', (content, words) => {
    const found = faults(content);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(words);
  });
});

test('all faults are told, in the order of the file', () => {
  const text = `topic = 1
text = """
host = 2
"""
units = "x"   # "nope"
[[alarm]]
above = "much"
[colors]
good = 7
[[alarm]]
below = "5%"
for_s = -1
`;
  expect(faults(text).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    '1:9: topic:',
    '2:1: text:',
    '5:9: units:',
    '7:9: alarm[0].above:',
    '9:8: colors.good:',
    '12:9: alarm[1].for_s:',
  ]);
});

test('a byte order mark, CRLF, quoted keys and comments are TOML', () => {
  const { settings } = read('\ufeff"topic" = "a" # b\r\n\'host\' = "h"\r\n');
  expect(Object.fromEntries(settings)).toEqual({ topic: 'a', host: 'h' });
});

test.each(['/dev/zero', '/dev/null', directory])('%s is no configuration', (file) => {
  expect(() => readConfigFile(file, true, {})).toThrow(
    /cannot read the configuration .* \((?:not a regular file|EISDIR)\)/,
  );
});

describe('[[alarm]]', () => {
  test('with all keys, and with as few as there may be', () => {
    const { alarms } = read(`
[[alarm]]
filter = "dns"
host = "gw-01/eth0"
above = "500 Mb/s"
for_s = 2.5
color = "bad"
text = "too much DNS"
bell = true

[[alarm]]
below = "1%"
`);
    expect(alarms).toEqual([
      {
        filter: 'dns',
        host: 'gw-01',
        iface: 'eth0',
        when: 'above',
        quantity: 'bits_per_s',
        limit: 500e6,
        forMs: 2_500,
        color: 'bad',
        text: 'too much DNS',
        bell: true,
      },
      {
        filter: null,
        host: '+',
        iface: '+',
        when: 'below',
        quantity: 'link_share',
        limit: 0.01,
        forMs: 0,
        color: 'warn',
        text: 'traffic is below 1%',
        bell: false,
      },
    ]);
  });

  test.each<[string, object | null]>([
    ['480', null],
    ['480b/s', { quantity: 'bits_per_s', limit: 480 }],
    ['1.5 kbit/s', { quantity: 'bits_per_s', limit: 1_500 }],
    ['10 MB/s', { quantity: 'bits_per_s', limit: 80e6 }],
    ['1 GiB/s', { quantity: 'bits_per_s', limit: 8 * 2 ** 30 }],
    ['10k packets/s', { quantity: 'packets_per_s', limit: 10_000 }],
    ['10k/s', { quantity: 'packets_per_s', limit: 10_000 }],
    ['80 %', { quantity: 'link_share', limit: 0.8 }],
    ['80k%', null],
    ['-1 b/s', null],
    ['1e9 b/s', null],
    ['many b/s', null],
  ])('%j', (text, limit) => expect(parseLimit(text)).toEqual(limit));

  test.each<[string, RegExp]>([
    ['alarm = 1', /alarm: 1 is not written with two brackets: \[\[alarm\]\]/],
    ['[alarm]\nabove = "1%"', /alarm: a table is not written with two brackets/],
    ['[[alarm]]', /^1:1: alarm\[0\]: give either "above" or "below"$/],
    ['[[alarm]]\nabove = "1%"\nbelow = "1%"', /give either/],
    ['[[alarm]]\nabove = 5', /^2:9: alarm\[0\]\.above: 5 is not a rate or a share of the link: "500 Mb\/s"/],
    ['[[alarm]]\nabove = "1%"\nfor = 1', /^3:1: alarm\[0\]\.for: there is no such key; there are filter, /],
    ['[[alarm]]\nabove = "1%"\ncolor = "red"', /"red" is not one of "good", "warn", "bad", "accent"/],
    ['[[alarm]]\nabove = "1%"\nhost = "a/b/c"', /"a\/b\/c" is not HOST or HOST\/INTERFACE/],
    ['[[alarm]]\nabove = "1%"\nbell = 1', /1 is not true or false/],
    ['[[alarm]]\nabove = "1%"\ntext = "a\\u001bb"', /is not a text of 1 to 200 characters/],
    ['[[alarm]]\nabove = "1%"\n'.repeat(65), /65 are too many, at most 64/],
  ])('%j', (content, words) => {
    const found = faults(content);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(words);
  });
});
