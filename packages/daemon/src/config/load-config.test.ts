import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ConfigError, formatFault } from './config-error.ts';
import { configFileOf, type LoadOptions, loadConfig, parseConfig } from './load-config.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ifcast-config-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const HERE: LoadOptions = { hostname: 'box', env: {} };

function parsed(text: string, options: LoadOptions = {}) {
  return parseConfig(Buffer.from(text), 'f', { ...HERE, ...options }).config;
}

/** The faults as the user sees them, without the file's name. */
function faultsOf(text: string | Uint8Array, file = 'f'): string[] {
  try {
    parseConfig(typeof text === 'string' ? Buffer.from(text) : text, file, HERE);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.faults.map((fault) => formatFault(fault).slice(file.length + 1));
    throw error;
  }
  return [];
}

function write(name: string, text: string, mode = 0o600): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

describe('what is right', () => {
  test('an empty file is the defaults, with the five filters of the sample', () => {
    const config = parsed('');
    expect(config).toMatchObject({
      host: 'box',
      interfaces: 'auto',
      delayMs: 500,
      sizeUpperBounds: [64, 127, 255, 511, 1023, 1512],
      mqtt: { urls: ['mqtt://localhost'], clientId: 'ifcast-box', password: null },
      homeAssistant: { enabled: false },
    });
    expect(config.filters.map(({ id }) => id)).toEqual(['all', 'web', 'dns', 'icmp', 'arp']);
  });

  test('every value that a key can take', () => {
    expect(parsed('interface = ["eth0", "wlan0"]').interfaces).toEqual(['eth0', 'wlan0']);
    expect(parsed('interface = "eth0"').interfaces).toEqual(['eth0']);
    expect(parsed('mqtt = { url = ["mqtts://a", "ws://b:9001/mqtt"], version = 5 }').mqtt).toMatchObject({
      urls: ['mqtts://a', 'ws://b:9001/mqtt'],
      version: '5',
    });
    expect(parsed('mqtt.url = "embedded"').mqtt.urls).toBe('embedded');
    expect(parsed('\ufeffdelay_ms = 0x64\r\n[home_assistant]\r\nenabled = true\r\n')).toMatchObject({
      delayMs: 100,
      homeAssistant: { enabled: true },
    });
  });

  test('"" is "not set"', () => {
    expect(parsed('host = ""\n[mqtt]\nclient_id = ""\nca = ""\n')).toEqual(parsed(''));
    const [filter] = parsed('[[filter]]\nid = "a"\nname = ""\nport = ""\nmatch = ""\n').filters;
    expect(filter).toEqual({ id: 'a', name: 'a', enabled: true, conditions: {}, expression: '' });
  });

  test('conditions become an expression', () => {
    const { filters } = parsed(`
      [[filter]]
      id = "web"
      name = "Веб 😀"
      proto = "tcp"
      port = [80, "8000-8100"]
      src_ip = ["10.0.0.0/8", "fc00::/7"]
      direction = "in"
      [[filter]]
      id = "wake"
      enabled = false
      match = """
        arp and
        ether src $MAC"""
    `);
    expect(filters[0]).toEqual({
      id: 'web',
      name: 'Веб 😀',
      enabled: true,
      conditions: {
        proto: 'tcp',
        srcIp: ['10.0.0.0/8', 'fc00::/7'],
        port: [80, { from: 8000, to: 8100 }],
        direction: 'in',
      },
      expression:
        'inbound and (src net 10.0.0.0/8 or src net fc00::/7) and (tcp port 80 or tcp portrange 8000-8100)',
    });
    expect(filters[1]).toMatchObject({ enabled: false, expression: 'arp and ether src $MAC' });
  });

  test('the configuration is frozen', () => {
    const config = parsed('');
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.filters[1]?.conditions.port)).toBe(true);
  });

  test('the command line wins, also for what is derived', () => {
    const overrides = {
      host: 'other',
      urls: 'embedded',
      interfaces: ['lo'],
      topic: 'a/b',
      backend: 'cap',
    } as const;
    expect(parsed('host = "mine"\nbackend = "ebpf"', { overrides })).toMatchObject({
      host: 'other',
      interfaces: ['lo'],
      backend: 'cap',
      mqtt: { urls: 'embedded', clientId: 'ifcast-other', topic: 'a/b' },
    });
  });

  test('keys and elements are located, and what is not there where it would be', () => {
    const { locate } = parseConfig(
      Buffer.from('host = "a"\n[[filter]]\nid = "x"\nport = [1, 2]\n'),
      'f',
      HERE,
    );
    expect(locate(['filter', 0, 'port', 1])).toEqual({ line: 4, column: 12 });
    expect(locate(['filter', 0, 'match'])).toEqual({ line: 2, column: 1 });
    expect(locate(['mqtt', 'url'])).toEqual({ line: 1, column: 1 });
  });
});

describe('the password', () => {
  const file = (name: string) => `[mqtt]\nusername = "u"\npassword_file = "${name}"\n`;

  test('is read from a file beside the configuration, without the line end', () => {
    write('secret', 'p äss \n');
    expect(loadConfig(write('c.toml', file('secret')), HERE)).toMatchObject({
      config: { mqtt: { username: 'u', password: 'p äss ' } },
      warnings: [],
    });
  });

  test('begins behind a byte order mark', () => {
    write('marked', '\ufeffhunter2\n');
    expect(loadConfig(write('c.toml', file('marked')), HERE).config.mqtt.password).toBe('hunter2');
  });

  test('is better taken from the environment', () => {
    const options = { ...HERE, env: { IFCAST_MQTT_PASSWORD: 'e' } };
    write('secret', 'f\r\n');
    expect(loadConfig(write('c.toml', file('secret')), options).config.mqtt.password).toBe('e');
    expect(loadConfig(write('c.toml', file('secret')), HERE).config.mqtt.password).toBe('f');
  });

  test('needs a user, in the URL or beside it', () => {
    write('secret', 'p');
    const lines = 'password_file = "secret"\n';
    expect(
      loadConfig(write('c.toml', `[mqtt]\nurl = "mqtt://u@a"\n${lines}`), HERE).config.mqtt.password,
    ).toBe('p');
    expect(faultsOf(`[mqtt]\nurl = "mqtt://a"\n${lines}`, `${directory}/c.toml`)).toEqual([
      '3:17: mqtt.password_file: a password needs a user: give mqtt.username too',
    ]);
  });

  test('is warned of when others can read it', () => {
    write('secret', 'p', 0o644);
    const { warnings } = loadConfig(write('c.toml', file('secret')), HERE);
    expect(warnings.map(formatFault)).toEqual([
      `${directory}/c.toml:3:17: mqtt.password_file: ${directory}/secret can be read by every user of this machine: chmod 600 it`,
    ]);
  });

  test.each([
    ['absent', null, 'cannot be read: there is no such file'],
    ['empty', '\n', 'is empty: put the password into it'],
    [
      'long',
      'hunter2\nhunter3\n',
      'holds more than a password: it must be all that is in the file, on one line',
    ],
    [
      'large',
      'x'.repeat(70_000),
      'holds more than a password: it must be all that is in the file, on one line',
    ],
  ])('that is %s is a fault, which does not tell it', (name, text, message) => {
    if (text !== null) write(name, text);
    const [fault, ...others] = faultsOf(file(name), `${directory}/c.toml`);
    expect(fault).toBe(`3:17: mqtt.password_file: ${directory}/${name} ${message}`);
    expect(others).toEqual([]);
  });
});

test.each(['password_file', 'ca', 'cert'])('%s is no device that has no end', (key) => {
  expect(faultsOf(`[mqtt]\nusername = "a"\n${key} = "/dev/zero"\nkey = "/dev/zero"`).join('\n')).toMatch(
    /\/dev\/zero cannot be read/,
  );
});

test.each([
  ['[[filter]]\nid = "a"\nenabled = false', '1:1: filter: every filter is disabled: nothing is counted'],
  ['backend = "cap"\nhook = "tcx"', '2:8: hook: the cap backend has no hooks: this says nothing to it'],
  [
    'hook = "xdp"\n[[filter]]\nid = "a"\ndirection = "out"',
    '4:13: filter[0].direction: hook = "xdp" sees incoming packets only: this filter counts nothing',
  ],
])('what cannot be meant is warned of: %j', (text, warning) => {
  const { warnings } = parseConfig(Buffer.from(text), 'c.toml', HERE);
  expect(warnings.map(formatFault)).toEqual([`c.toml:${warning}`]);
});

test('a standard configuration that cannot be reached is in force, and told of', () => {
  const loop = join(directory, 'loop');
  symlinkSync(loop, loop);
  expect(configFileOf(null, loop)).toBe(loop);
  expect(configFileOf(null, join(directory, 'nothing'))).toBeNull();
  expect(configFileOf('given', loop)).toBe('given');
});

describe('the file', () => {
  test('is warned of when others can write it', () => {
    const file = write('c.toml', '', 0o666);
    expect(loadConfig(file, HERE).warnings.map(formatFault)).toEqual([
      `${file}: other users of this machine can write this file: chmod go-w it`,
    ]);
  });

  test.each([
    ['absent.toml', 'there is no such file'],
    ['', 'it is a directory'],
  ])('that cannot be read is a fault (%j)', (name, why) => {
    const file = join(directory, name);
    expect(() => loadConfig(file, HERE)).toThrow(
      `${file}: the configuration cannot be read: ${why}; "ifcastd init" prints one to begin with`,
    );
  });

  test('may have 64 KiB, and no byte more', () => {
    const full = `#${'ä'.repeat(32 * 1024 - 1)}\n`;
    expect(Buffer.byteLength(full)).toBe(64 * 1024);
    expect(faultsOf(full)).toEqual([]);
    expect(faultsOf(`${full}\n`)).toEqual(['2:1: the file is larger than 64 KiB: is it the right one?']);
    expect(() => loadConfig('/dev/zero', HERE)).toThrow('it is a device or a pipe, and no file');
  });
});

describe('what is wrong', () => {
  test.each<[text: string, fault: string]>([
    ['dellay_ms = 500', '1:1: dellay_ms: there is no such key, did you mean delay_ms?'],
    ['delayMs = 500', '1:1: delayMs: there is no such key, did you mean delay_ms?'],
    [
      '[mqtt]\ndelay_ms = 1',
      '2:1: mqtt.delay_ms: there is no such key, did you mean delay_ms at the top of the file, before the first [table]?',
    ],
    ['topic = "a"', '1:1: topic: there is no such key, did you mean mqtt.topic?'],
    ['[mqtt]\npassword = "hunter2"', '2:1: mqtt.password: there is no such key, did you mean password_file?'],
    ['count = "wire"', '1:1: count: this key is called "packet" now'],
    ['xyzzy = 1', '1:1: xyzzy: there is no such key; "ifcastd init" shows all'],
    ['[mqtt.tls]\nca = "x"', '1:1: mqtt.tls: there is no such key; "ifcastd init" shows all'],
    ['__proto__ = { polluted = 1 }', '1:1: __proto__: there is no such key; "ifcastd init" shows all'],
    ['[constructor.prototype]', '1:1: constructor: there is no such key; "ifcastd init" shows all'],
    ['[mqtt.__proto__]\nurl = "x"', '1:1: mqtt.__proto__: there is no such key; "ifcastd init" shows all'],
    ['"a\\u001b[31m" = 1', '1:1: "a\\u001b[31m": there is no such key; "ifcastd init" shows all'],
    ['mqtt = 5', '1:8: mqtt: 5 is not a table'],
    ['[[mqtt]]', '1:1: mqtt: a list is not a table'],
    ['filter = 5', '1:10: filter: write each as a table: [[filter]]'],
    ['[filter]\nid = "a"', '1:1: filter: write it with two brackets: [[filter]]'],
    ['filter = []', '1:10: filter: there is no filter: give one to five, or leave the key out'],
    ['delay_ms = 99', '1:12: delay_ms: 99 is not a number of milliseconds from 100 to 3600000'],
    ['delay_ms = 500.0', '1:12: delay_ms: 500.0 is not a number of milliseconds from 100 to 3600000'],
    ['delay_ms = "500"', '1:12: delay_ms: "500" is not a number of milliseconds from 100 to 3600000'],
    ['delay_ms = nan', '1:12: delay_ms: NaN is not a number of milliseconds from 100 to 3600000'],
    [
      'delay_ms = 9223372036854775807',
      '1:12: delay_ms: 9223372036854775807 is not a number of milliseconds from 100 to 3600000',
    ],
    [
      'delay_ms = 9223372036854775808',
      '1:12: delay_ms: Integer 9223372036854775808 is outside the 64-bit signed integer range required by TOML',
    ],
    ['delay_ms = 1\ndelay_ms = 2', '2:1: delay_ms: it is there a second time: keep one'],
    ['[mqtt]\nurl = "a"\n[mqtt]', '3:1: mqtt: it is there a second time: keep one'],
    [
      '[mqtt]\nurl = "mqtt://a"\nkeepalive_s = 99999999999999999999',
      '3:15: mqtt.keepalive_s: Integer literal is outside the 64-bit signed integer range required by TOML',
    ],
    ['delay_ms = 31000', '1:12: delay_ms: 31000 ms is longer than state_interval_s, 30 s: raise that too'],
    [
      'delay_ms = 1979-05-27',
      '1:12: delay_ms: a date or time is not a number of milliseconds from 100 to 3600000',
    ],
    ['state_interval_s = 4', '1:20: state_interval_s: 4 is not a number of seconds from 5 to 86400'],
    ['backend = "dpdk"', '1:11: backend: "dpdk" is not one of "auto", "ebpf", "cap"'],
    ['hook = true', '1:8: hook: true is not one of "socket", "tcx", "xdp"'],
    ['host = 1979-05-27', '1:8: host: a date or time is not text in quotes'],
    ['host = "a\\u0007"', '1:8: host: "a\\u0007" is not text without control and invisible characters'],
    ['host = "a\\u202Eb"', '1:8: host: "a\\u{202e}b" is not text without control and invisible characters'],
    [`host = "${'x'.repeat(65)}"`, `1:8: host: "${'x'.repeat(60)}…" is not a text of at most 64 characters`],
    ['interface = []', '1:13: interface: the list is empty: give one value or more, or leave the key out'],
    ['interface = ["eth0", 1]', '1:22: interface[1]: 1 is not the name of an interface in quotes'],
    [
      'interface = "a/b"',
      '1:13: interface: "a/b" is not the name of an interface: 1 to 15 bytes without "/", ":" and white space',
    ],
    [
      'interface = "sixteen-bytes-ab"',
      '1:13: interface: "sixteen-bytes-ab" is not the name of an interface: 1 to 15 bytes without "/", ":" and white space',
    ],
    [
      'interface = "any"',
      '1:13: interface: "any" is no interface: name each that is to be counted, or give "auto"',
    ],
    ['interface = ["auto", "eth0"]', '1:13: interface: "auto" stands alone: name all interfaces, or none'],
    ['interface = ["eth0", "eth0"]', '1:22: interface[1]: the interface "eth0" is named twice'],
    [
      'interface = ["eth0.100", "lo", "eth0_100"]',
      '1:32: interface[2]: the interfaces "eth0.100" and "eth0_100" would share the topic level "eth0_100": count one of them',
    ],
    [
      'packet_size_buckets = []',
      '1:23: packet_size_buckets: an empty list is not a list of 1 to 15 packet sizes in bytes, for example [128, 1024]',
    ],
    [
      'packet_size_buckets = [64, 64]',
      '1:28: packet_size_buckets[1]: 64 is not more than the size before it: sizes ascend',
    ],
    [
      'packet_size_buckets = [0, 64]',
      '1:24: packet_size_buckets[0]: 0 is not a packet size in bytes from 1 to 1000000',
    ],
    [
      `packet_size_buckets = [${Array.from({ length: 16 }, (_, i) => i + 1)}]`,
      '1:23: packet_size_buckets: 16 sizes are too many: give a list of 1 to 15 packet sizes in bytes, for example [128, 1024]',
    ],
    ['mqtt.url = ["embedded", "mqtt://a"]', '1:13: mqtt.url[0]: "embedded" stands alone: give it, or URLs'],
    ['mqtt.retain = "yes"', '1:15: mqtt.retain: "yes" is not true or false'],
    ['mqtt.version = 4', '1:16: mqtt.version: 4 is not one of "auto", "5", "3.1.1"'],
    ['mqtt.keepalive_s = 0', '1:20: mqtt.keepalive_s: 0 is not a number of seconds from 2 to 3600'],
    ['mqtt.ca = 1', '1:11: mqtt.ca: 1 is not the path of a file in quotes'],
  ])('%s', (text, fault) => {
    expect(faultsOf(text)).toEqual([fault]);
  });

  test.each<[keys: string, fault: string]>([
    ['id = "Web"', '2:6: filter[0].id: "Web" is not an id: 1 to 32 of the characters a-z, 0-9, "_" and "-"'],
    ['id = ""', '2:6: filter[0].id: "" is not an id: 1 to 32 of the characters a-z, 0-9, "_" and "-"'],
    [
      'name = "x"',
      '1:1: filter[0].id: the key is missing: give an id such as "web", which names the filter in topics',
    ],
    [
      'id = "a"\nname = "a\\nb"',
      '3:8: filter[0].name: "a\\nb" is not text without control and invisible characters',
    ],
    ['id = "a"\nname = " "', '3:8: filter[0].name: " " is not a text that can be read'],
    ['id = "a"\nprot = "tcp"', '3:1: filter[0].prot: there is no such key, did you mean proto?'],
    [
      'id = "a"\nproto = "tcp6"',
      '3:9: filter[0].proto: "tcp6" is not one of "any", "tcp", "udp", "icmp", "icmp6", "sctp", "arp", "ip", "ip6" or an IP protocol number from 0 to 255',
    ],
    [
      'id = "a"\nproto = 256',
      '3:9: filter[0].proto: 256 is not one of "any", "tcp", "udp", "icmp", "icmp6", "sctp", "arp", "ip", "ip6" or an IP protocol number from 0 to 255',
    ],
    [
      'id = "a"\nport = 70000',
      '3:8: filter[0].port: 70000 is not a port from 0 to 65535 such as 443, or a range such as "8000-8100"',
    ],
    [
      'id = "a"\nport = -1',
      '3:8: filter[0].port: -1 is not a port from 0 to 65535 such as 443, or a range such as "8000-8100"',
    ],
    [
      'id = "a"\nport = [1, "2-70000"]',
      '3:12: filter[0].port[1]: "2-70000" is not a port from 0 to 65535 such as 443, or a range such as "8000-8100"',
    ],
    ['id = "a"\nport = "9-8"', '3:8: filter[0].port: "9-8" is not a range: write "8-9"'],
    [
      'id = "a"\nport = []',
      '3:8: filter[0].port: the list is empty: give one value or more, or leave the key out',
    ],
    [
      'id = "a"\nproto = "icmp"\nport = 1',
      '4:8: filter[0].port: proto "icmp" has no ports: use any, tcp, udp or sctp, or leave port out',
    ],
    [
      'id = "a"\nip = "10.0.0.256"',
      '3:6: filter[0].ip: "10.0.0.256" is not an IPv4 or IPv6 address such as "192.0.2.1", or a network such as "2001:db8::/32"',
    ],
    [
      'id = "a"\nip = "fe80::1%eth0"',
      '3:6: filter[0].ip: "fe80::1%eth0" is not an IPv4 or IPv6 address such as "192.0.2.1", or a network such as "2001:db8::/32"',
    ],
    [
      'id = "a"\nip = "host or tcp"',
      '3:6: filter[0].ip: "host or tcp" is not an IPv4 or IPv6 address such as "192.0.2.1", or a network such as "2001:db8::/32"',
    ],
    [
      'id = "a"\nsrc_ip = "10.0.0.0/33"',
      '3:10: filter[0].src_ip: "10.0.0.0/33" is not a network: IPv4 prefix lengths are from 0 to 32',
    ],
    [
      'id = "a"\nsrc_ip = "10.0.0.1/8"',
      '3:10: filter[0].src_ip: "10.0.0.1/8" is not a network: there are bits set beyond the first 8, which libpcap refuses',
    ],
    [
      'id = "a"\nsrc_ip = "2001:db8::1/32"',
      '3:10: filter[0].src_ip: "2001:db8::1/32" is not a network: there are bits set beyond the first 32, which libpcap refuses',
    ],
    [
      'id = "a"\ndst_ip = ["::ffff:1.2.3.4/112"]',
      '3:11: filter[0].dst_ip[0]: "::ffff:1.2.3.4/112" is not a network: there are bits set beyond the first 112, which libpcap refuses',
    ],
    ['id = "a"\ndirection = "up"', '3:13: filter[0].direction: "up" is not one of "both", "in", "out"'],
    [
      'id = "a"\nmatch = "tcp"\nport = 1',
      '4:8: filter[0].port: "match" stands alone: write this condition into the expression',
    ],
    [
      'id = "a"\nmatch = "tcp"\nproto = "udp"',
      '4:9: filter[0].proto: "match" stands alone: write this condition into the expression',
    ],
    [
      'id = "a"\nmatch = "tcp\\u0000"',
      '3:9: filter[0].match: "tcp\\u0000" is not an expression without control characters',
    ],
    [
      'id = "a"\n[[filter]]\nid = "a"',
      '4:6: filter[1].id: filter[0] has the id "a" already: give each filter one of its own',
    ],
  ])('in a filter: %s', (keys, fault) => {
    expect(faultsOf(`[[filter]]\n${keys}\n`)).toEqual([fault]);
  });

  test.each([
    '10.0.0.0/8',
    '0.0.0.0/0',
    '::/0',
    '::1/128',
    'fc00::/7',
    '2001:db8:0:0:1::/80',
    '::ffff:1.2.0.0/112',
  ])('a network may be %s', (network) => {
    expect(faultsOf(`[[filter]]\nid = "a"\nip = "${network}"`)).toEqual([]);
  });

  test('a sixth filter', () => {
    const filters = Array.from({ length: 7 }, (_, index) => `[[filter]]\nid = "f${index}"\n`);
    expect(faultsOf(filters.slice(0, 5).join(''))).toEqual([]);
    expect(faultsOf(filters.join(''))).toEqual([
      '11:1: filter[5]: this is filter 6 of 7: at most 5 are counted',
    ]);
  });

  test('several faults come together, each in its place', () => {
    const text = 'delay_ms = 1\nbakend = "cap"\n\n[[filter]]\nid = "a"\nport = 70000\nip = "x"\n[[filter]]\n';
    expect(faultsOf(text).map((fault) => fault.split(': ', 2).join(': '))).toEqual([
      '1:12: delay_ms',
      '2:1: bakend',
      '6:8: filter[0].port',
      '7:6: filter[0].ip',
      '8:1: filter[1].id',
    ]);
    expect(() => parsed(text)).toThrow(/^f:1:12: delay_ms: .* \(and 4 more faults\)$/);
  });

  const NO_SCHEME = 'it does not begin with mqtt://, mqtts://, ws:// or wss://';
  test.each<[url: string, why: string]>([
    ['localhost:1883', NO_SCHEME],
    ['http://a', NO_SCHEME],
    ['mqtt://', 'it names no host'],
    ['mqtt://a:70000', 'it is not a URL'],
    ['192.0.2.1', NO_SCHEME],
  ])('the URL %s', (url, why) => {
    expect(faultsOf(`mqtt.url = "${url}"`)).toEqual([
      expect.stringMatching(
        new RegExp(`^1:12: mqtt.url: broker URL "${url}" cannot be used, ${why}: give one such as`),
      ),
    ]);
  });

  test('a URL is shown without its password', () => {
    expect(faultsOf('mqtt.url = "http://me:hunter2@a"').join()).not.toContain('hunter2');
  });

  test('a topic with a wildcard', () => {
    expect(faultsOf('mqtt.topic = "a/#"')).toEqual([
      expect.stringMatching(/^1:14: mqtt.topic: .*"a\/#" cannot be used: /),
    ]);
  });

  test('TLS files that are not there, or not what they should be', () => {
    write('text.pem', 'hello');
    const text = '[mqtt]\nca = "absent.pem"\ncert = "text.pem"\n';
    const faults = faultsOf(text, join(directory, 'c.toml'));
    expect(faults).toEqual([
      expect.stringMatching(/^2:6: mqtt.ca: .*absent.pem cannot be read/),
      expect.stringMatching(/^3:8: mqtt.cert: .* needs both/),
    ]);
  });

  test('lists in lists without end', () => {
    expect(faultsOf(`host = ${'['.repeat(30_000)}`)).toEqual([expect.stringMatching(/^1:\d+: .*nest/i)]);
    expect(faultsOf(`host = ${'{a = '.repeat(10_000)}`)).toEqual([expect.stringMatching(/^1:\d+: .*nest/i)]);
    expect(faultsOf(`${'a.'.repeat(30_000)}a = 1`)).toEqual([
      expect.stringMatching(/^1:1: a: there is no such key/),
    ]);
    expect(faultsOf(`[${'a.'.repeat(30_000)}a]`)).toEqual([
      expect.stringMatching(/^1:1: a: there is no such key/),
    ]);
  });

  test('bytes that are not UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('# \ufffd ä😀\nhost = "ä'),
      Buffer.from([0xff]),
      Buffer.from('"'),
    ]);
    expect(faultsOf(bytes)).toEqual(['2:10: byte 0xff is not UTF-8: save the file as UTF-8']);
    expect(faultsOf(Buffer.from([0xc3]))).toEqual(['1:1: byte 0xc3 is not UTF-8: save the file as UTF-8']);
  });

  test('no bytes and no value of TOML make anything but faults with a place', () => {
    const value = fc.constantFrom(
      '1',
      '-9223372036854775808',
      'nan',
      '-inf',
      '"\\u0000"',
      '""',
      '[[1]]',
      '{a = 1}',
      '07:32:00',
      '[]',
    );
    const line = fc.oneof(
      fc.tuple(
        fc.constantFrom(
          'host',
          'interface',
          'mqtt',
          'mqtt.url',
          'filter',
          'ip',
          'id',
          '__proto__',
          '[[filter]]',
        ),
        value,
      ),
      fc.tuple(fc.constantFrom('[mqtt]', '[[filter]]', '[filter]', '[home_assistant]', '"'), fc.constant('')),
    );
    const document = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc
        .array(line)
        .map((lines) => Buffer.from(lines.map(([key, v]) => (v === '' ? key : `${key} = ${v}`)).join('\n'))),
    );
    fc.assert(
      fc.property(document, (bytes) => {
        for (const fault of faultsOf(bytes)) expect(fault).toMatch(/^\d+:\d+: [^\p{Cc}]+$/u);
      }),
    );
  });
});
