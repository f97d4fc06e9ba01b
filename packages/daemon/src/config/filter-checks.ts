import { isIP } from 'node:net';

import type { FilterConditions } from '@ifcast/filter';

import { printable } from '../base/log.ts';
import type { Check } from './table.ts';

/** The most filters that a configuration may have. */
export const MAX_FILTERS = 5;
const MAX_PORT = 65_535;

const PROTOCOL_NAMES = ['any', 'tcp', 'udp', 'icmp', 'icmp6', 'sctp', 'arp', 'ip', 'ip6'] as const;

/** A protocol by its name, or an IP protocol by its number. */
export type Protocol = NonNullable<FilterConditions['proto']>;

export const filterId: Check<string> = (value, place) => {
  if (typeof value === 'string' && /^[a-z0-9_-]{1,32}$/.test(value)) return value;
  return place.isNot(value, 'an id: 1 to 32 of the characters a-z, 0-9, "_" and "-"');
};

export const protocol: Check<Protocol> = (value, place) => {
  const name = PROTOCOL_NAMES.find((known) => known === value);
  if (name !== undefined) return name;
  if (typeof value === 'bigint' && value >= 0n && value <= 255n) return Number(value);
  const names = PROTOCOL_NAMES.map((known) => `"${known}"`).join(', ');
  return place.isNot(value, `one of ${names} or an IP protocol number from 0 to 255`);
};

/** An IPv4 or IPv6 address, or a network with its prefix length. */
export const address: Check<string> = (value, place) => {
  const expected = 'an IPv4 or IPv6 address such as "192.0.2.1", or a network such as "2001:db8::/32"';
  if (typeof value !== 'string') return place.isNot(value, expected);
  const [ip = '', prefix, ...rest] = value.split('/');
  const version = value.includes('%') ? 0 : isIP(ip);
  if (version === 0 || rest.length > 0) return place.isNot(value, expected);
  if (prefix === undefined) return value;
  const bits = version === 4 ? 32 : 128;
  if (!/^(0|[1-9][0-9]{0,2})$/.test(prefix) || Number(prefix) > bits) {
    return place.isNot(value, `a network: IPv${version} prefix lengths are from 0 to ${bits}`);
  }
  const hostBits = BigInt(bits - Number(prefix));
  if ((addressBits(ip) & ((1n << hostBits) - 1n)) !== 0n) {
    return place.isNot(
      value,
      `a network: there are bits set beyond the first ${prefix}, which libpcap refuses`,
    );
  }
  return value;
};

/** The address as a number of 32 or 128 bits. */
function addressBits(ip: string): bigint {
  if (isIP(ip) === 4) return joinBits(ip.split('.').map(Number), 8);
  // RFC 4291, section 2.2: `::` stands for the groups that are missing, the last 32 bits may be written as IPv4.
  const hexOnly = ip.replace(/[^:]+\.[^:]+$/, (tail) => {
    const v4 = addressBits(tail);
    return `${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
  });
  const [head = [], tail] = hexOnly.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const zeros = tail === undefined ? [] : new Array<string>(8 - head.length - tail.length).fill('0');
  const groups = [...head, ...zeros, ...(tail ?? [])];
  return joinBits(
    groups.map((group) => Number.parseInt(group, 16)),
    16,
  );
}

function joinBits(parts: readonly number[], width: number): bigint {
  return parts.reduce((bits, part) => (bits << BigInt(width)) | BigInt(part), 0n);
}

/** A port, or a range of ports with both its ends. */
export type PortRange = NonNullable<FilterConditions['port']>[number];

export const port: Check<PortRange> = (value, place) => {
  const expected = 'a port from 0 to 65535 such as 443, or a range such as "8000-8100"';
  if (typeof value === 'bigint') {
    return value >= 0n && value <= MAX_PORT ? Number(value) : place.isNot(value, expected);
  }
  const range = typeof value === 'string' ? /^([0-9]{1,5})-([0-9]{1,5})$/.exec(value) : null;
  if (range === null) return place.isNot(value, expected);
  const [from, to] = [Number(range[1]), Number(range[2])];
  if (from > MAX_PORT || to > MAX_PORT) return place.isNot(value, expected);
  return from <= to ? { from, to } : place.isNot(value, `a range: write "${to}-${from}"`);
};

/** A tcpdump expression; white space of any kind and length means the same to libpcap as one space. */
export const tcpdumpExpression: Check<string> = (value, place) => {
  if (typeof value !== 'string') return place.isNot(value, 'a tcpdump expression in quotes');
  const expression = value.replace(/\s+/g, ' ').trim();
  if (expression === '')
    return place.isNot(value, 'a tcpdump expression; leave the key out to count every packet');
  if (expression !== printable(expression))
    return place.isNot(value, 'an expression without control characters');
  return expression;
};
