import { describe, expect, it } from 'vitest';

import { expressionOf, type FilterConditions, fillMac } from './expression.ts';

describe('expressionOf', () => {
  it.each<[string, FilterConditions, string]>([
    ['nothing', {}, ''],
    ['any protocol', { proto: 'any' }, ''],
    ['tcp', { proto: 'tcp' }, 'tcp'],
    ['icmp6', { proto: 'icmp6' }, 'icmp6'],
    ['ip', { proto: 'ip' }, 'ip'],
    ['a protocol number', { proto: 47 }, 'ip proto 47 or ip6 proto 47'],
    ['protocol 0', { proto: 0 }, 'ip proto 0 or ip6 proto 0'],
    ['an address', { ip: ['192.0.2.1'] }, 'host 192.0.2.1'],
    ['a network', { ip: ['192.0.2.0/24'] }, 'net 192.0.2.0/24'],
    ['an IPv6 address', { srcIp: ['2001:db8::1'] }, 'src host 2001:db8::1'],
    ['an IPv6 network', { dstIp: ['2001:db8::/32'] }, 'dst net 2001:db8::/32'],
    ['a list', { ip: ['192.0.2.1', '::/0', '::1'] }, 'host 192.0.2.1 or net ::/0 or host ::1'],
    [
      'source and destination',
      { srcIp: ['192.0.2.1', '192.0.2.2'], dstIp: ['198.51.100.0/24'] },
      '(src host 192.0.2.1 or src host 192.0.2.2) and dst net 198.51.100.0/24',
    ],
    ['a port', { port: [443] }, 'port 443'],
    ['port 0', { srcPort: [0] }, 'src port 0'],
    ['a range', { dstPort: [{ from: 8000, to: 8100 }] }, 'dst portrange 8000-8100'],
    ['a list of ports', { port: [80, { from: 8000, to: 8100 }] }, 'port 80 or portrange 8000-8100'],
    ['ports of a protocol', { proto: 'udp', port: [53, 123] }, 'udp port 53 or udp port 123'],
    [
      'both ports of a protocol',
      { proto: 'sctp', srcPort: [1, 2], dstPort: [{ from: 3, to: 4 }] },
      '(sctp src port 1 or sctp src port 2) and sctp dst portrange 3-4',
    ],
    ['a port of a protocol number', { proto: 6, port: [80] }, '(ip proto 6 or ip6 proto 6) and port 80'],
    ['what comes in', { direction: 'in' }, 'inbound'],
    ['what goes out', { direction: 'out' }, 'outbound'],
    [
      'everything',
      {
        direction: 'out',
        proto: 'tcp',
        srcIp: ['192.0.2.1'],
        dstIp: ['2001:db8::1', '198.51.100.0/24'],
        ip: ['192.0.2.1', '192.0.2.2'],
        srcPort: [1024],
        dstPort: [443],
        port: [443, 1024],
      },
      'outbound and src host 192.0.2.1 and (dst host 2001:db8::1 or dst net 198.51.100.0/24)' +
        ' and (host 192.0.2.1 or host 192.0.2.2)' +
        ' and tcp src port 1024 and tcp dst port 443 and (tcp port 443 or tcp port 1024)',
    ],
    ['an expression as it is', { match: ' tcp[13] & 2 != 0 or arp\n' }, 'tcp[13] & 2 != 0 or arp'],
  ])('%s', (_, conditions, expression) => {
    expect(expressionOf(conditions)).toBe(expression);
  });

  it('leaves $MAC to be filled in later', () => {
    expect(expressionOf({ match: 'arp and ether src $MAC' })).toBe('arp and ether src $MAC');
  });
});

describe('fillMac', () => {
  it('fills in every $MAC', () => {
    expect(fillMac('ether src $MAC or ether dst $MAC', '02:00:00:00:00:01')).toBe(
      'ether src 02:00:00:00:00:01 or ether dst 02:00:00:00:00:01',
    );
  });

  it('changes nothing else', () => {
    expect(fillMac('ip[0] & $mac', '02:00:00:00:00:01')).toBe('ip[0] & $mac');
  });
});
