import { execFileSync } from 'node:child_process';

import { expect, test } from 'vitest';

import { defaultRouteInterface } from './default-route.ts';

const IPV4 = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth1\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
`;
const IPV6 = `fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003     eth7
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`;

function tables(ipv4: string, ipv6: string): (path: string) => string {
  return (path) => (path === '/proc/net/route' ? ipv4 : ipv6);
}

test('takes the lowest metric and no unreachable route', () => {
  expect(defaultRouteInterface(tables(IPV4, IPV6))).toBe('eth0');
});

test('falls back to IPv6', () => {
  expect(defaultRouteInterface(tables(IPV4.split('\n')[0]!, IPV6))).toBe('eth7');
});

test('knows when there is none', () => {
  expect(defaultRouteInterface(tables('', ''))).toBeNull();
});

test('agrees with ip route on this machine', () => {
  const routes = JSON.parse(
    execFileSync('ip', ['-j', 'route', 'show', 'default'], { encoding: 'utf8' }) || '[]',
  );
  if (routes.length > 0)
    expect(routes.map((route: { dev: string }) => route.dev)).toContain(defaultRouteInterface());
});
