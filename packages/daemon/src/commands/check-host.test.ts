import { expect, test } from 'vitest';

import { parseConfig } from '../config/load-config.ts';
import { hostWarnings } from './check-host.ts';

function warnings(toml: string): string[] {
  return hostWarnings(parseConfig(Buffer.from(toml), 'c.toml')).map(
    ({ position, message }) => `${position?.line}: ${message}`,
  );
}

const MANY = Array.from({ length: 64 }, (_, index) => `"none${index}"`).join(', ');

test('tells what the cap backend costs for many interfaces', () => {
  expect(warnings(`backend = "cap"\ninterface = [${MANY}]\n[[filter]]\nid = "all"`)).toEqual([
    '2: the cap backend takes about 4864 MiB of memory for 64 interfaces: for each a process of 12 MiB and buffers of 64 MiB; lower cap.buffer_bytes, or use backend = "ebpf"',
  ]);
});

test('a filter that the kernel decides has a buffer of its own', () => {
  const filters =
    '[[filter]]\nid = "in"\ndirection = "in"\n[[filter]]\nid = "off"\nenabled = false\nmatch = "vlan"';
  const [warning] = warnings(
    `backend = "cap"\ninterface = [${MANY}]\n[cap]\nbuffer_bytes = 8388608\n${filters}`,
  );
  expect(warning).toContain(
    'about 2048 MiB of memory for 64 interfaces: for each a process of 12 MiB and buffers of 20 MiB',
  );
});

test.each([
  `backend = "cap"\ninterface = "none0"`,
  `backend = "cap"\ninterface = [${MANY}]\n[cap]\nbuffer_bytes = 262144`.replace(MANY, '"a0", "a1"'),
  `backend = "ebpf"\ninterface = [${MANY}]`,
  `hook = "xdp"\ninterface = "none0"\n[[filter]]\nid = "v"\nmatch = "vlan 5"`,
])('says nothing of %j', (toml) => {
  expect(warnings(toml)).toEqual([]);
});
