import { readFileSync } from 'node:fs';

import * as filter from '@ifcast/filter';
import { expect, it } from 'vitest';

import { openDead } from '../../packages/daemon/src/sys/libpcap.ts';

const DLT_EN10MB = 1;
const INDEX = new URL('../../packages/filter/src/index.ts', import.meta.url);

it('the example at the head of the filter package does what it says', () => {
  const example = /```js\n([\s\S]*?)```/.exec(readFileSync(INDEX, 'utf8'))![1]!.replaceAll(/^ \* ?/gm, '');
  const results = 'return { expression, raw, matches, code, maps, bytes };';
  const run = new Function(...Object.keys(filter), `${example}\n${results}`);
  const { expression, raw, matches, code, maps, bytes } = run(...Object.values(filter));

  const handle = openDead(DLT_EN10MB);
  const compiled = handle.compile(expression).map(({ code, jt, jf, k }) => [code, jt, jf, k]);
  handle.close();
  expect(raw).toEqual(compiled);
  const packet = new Uint8Array(60);
  const info = { untaggedLength: 60, packetType: 0, protocol: 0, ifindex: 1, vlan: null };
  expect(matches(packet, info)).toBe(false);
  packet.set([0x08, 0x00], 12);
  expect(matches(packet, info)).toBe(true);
  expect(maps.map(({ name }: { name: string }) => name)).toEqual(['sizes', 'scratch', 'key']);
  expect(bytes.length % 8).toBe(0);
  expect(filter.formatProgram(code)).toContain('general0:');
});
