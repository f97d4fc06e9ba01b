import { describe, expect, it } from 'vitest';

import { trueLength } from './true-length.ts';

const CAPTURED = 65_535;

function packet(header: string): Buffer {
  const bytes = Buffer.alloc(CAPTURED);
  bytes.write(header, 'hex');
  return bytes;
}

const MACS = '020000000001020000000002';
const IPV4 = '4500ffff';
const IPV6 = '60000000ffff11ff';
const JUMBO = `60000000000000ff${'00'.repeat(32)}0600c20400013880`;

describe('trueLength', () => {
  it.each([
    ['IPv4', `${MACS}0800${IPV4}`, true, 14 + 65_535],
    ['IPv4 behind a tag', `${MACS}810000050800${IPV4}`, true, 18 + 65_535],
    ['IPv4 behind two tags', `${MACS}88a80005810000050800${IPV4}`, true, 22 + 65_535],
    ['IPv4 without a link layer', IPV4, false, 65_535],
    ['IPv6', `${MACS}86dd${IPV6}`, true, 14 + 40 + 65_535],
    ['an IPv6 jumbogram', `${MACS}86dd${JUMBO}`, true, 14 + 40 + 80_000],
    ['IPv4 that does not tell', `${MACS}080045000000`, true, CAPTURED],
    ['IPv6 that does not tell', `${MACS}86dd6000000000001100`, true, CAPTURED],
    ['what is no IP', `${MACS}88cc0207`, true, CAPTURED],
  ])('of %s', (_, header, ethernet, length) => {
    expect(trueLength(packet(header), CAPTURED, ethernet)).toBe(length);
  });

  it('reads no further than what was captured', () => {
    expect(trueLength(packet(`${MACS}8100`), 16, true)).toBe(16);
    expect(trueLength(packet(''), 0, false)).toBe(0);
  });
});
