import { expect, test } from 'vitest';

import { ConfigError, formatFault } from './config-error.ts';
import { parseConfig } from './load-config.ts';

function faults(toml: string): string[] {
  try {
    parseConfig(Buffer.from(toml), 'c.toml', { hostname: 'box', env: {} });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(formatFault);
    throw error;
  }
}

const LONG = `/run/${'x'.repeat(95)}`;

test.each([
  ['[prometheus]\nlisten = "9112"', 'c.toml:2:10: prometheus.listen: "9112" is not an address and a port'],
  ['[prometheus]\nlisten = "127.0.0.1:0"', '"127.0.0.1:0" is not an address and a port'],
  ['[prometheus]\nlisten = "::1:9112"', '"::1:9112" is not an address and a port'],
  ['[prometheus]\nlisten = "example.org:9112"', 'is not an address and a port'],
  ['[prometheus]\nlisten = "127.0.0.1:70000"', 'is not an address and a port'],
  [
    '[prometheus]\ntextfile = "x.txt"',
    'prometheus.textfile: node_exporter reads only names that end in ".prom"',
  ],
  [
    '[socket]\npath = "/run/s"\nmode = "999"',
    'socket.mode: "999" is not a mode in octal digits such as "0660"',
  ],
  ['[socket]\npath = "/run/s"\ngroup = "no such"', 'socket.group: "no such" is not a group of this machine'],
  [`[socket]\npath = "${LONG}/123456789"`, '110 bytes are too many: the path of a socket has at most 106'],
  [
    `interface = "veth-1234567"\n[socket]\npath = "${LONG}{interface}"`,
    'for veth-1234567 it has more than the 106 bytes',
  ],
  [
    'interface = ["a", "b"]\n[socket]\npath = "/run/s"',
    'socket.path: there is a socket for each of 2 interfaces: put {interface} into the path',
  ],
])('%s', (toml, fault) => {
  const [first, ...more] = faults(toml);
  expect(first).toContain(fault);
  expect(more).toEqual([]);
});

test.each(['127.0.0.1:9112', '[::1]:9112', '[::]:9112', 'localhost:1', '0.0.0.0:65535', ''])(
  'listen = "%s"',
  (listen) => {
    expect(faults(`[prometheus]\nlisten = "${listen}"`)).toEqual([]);
  },
);
