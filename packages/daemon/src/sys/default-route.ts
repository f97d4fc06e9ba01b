import { readProc } from './read-proc.ts';

/** RTF_UP and RTF_GATEWAY are set on a default route; RTF_REJECT on an unreachable one (linux/route.h, ipv6_route.h). */
const RTF_UP = 0x1;
const RTF_REJECT = 0x200;
const ZERO_IPV6 = '0'.repeat(32);

/**
 * The interface of the default route with the lowest metric, IPv4 before IPv6.
 *
 * @returns `null` when there is none
 * @see proc(5), /proc/net/route
 */
export function defaultRouteInterface(read: (path: string) => string = readTable): string | null {
  return (
    lowestMetric(parseIpv4(read('/proc/net/route'))) ?? lowestMetric(parseIpv6(read('/proc/net/ipv6_route')))
  );
}

interface Route {
  readonly iface: string;
  readonly metric: number;
}

function parseIpv4(table: string): Route[] {
  return table.split('\n').flatMap((line) => {
    const [iface, destination, , flags, , , metric, mask] = line.split(/\s+/);
    const isDefault = destination === '00000000' && mask === '00000000' && isUsable(flags);
    return iface !== undefined && isDefault ? [{ iface, metric: Number(metric) }] : [];
  });
}

function parseIpv6(table: string): Route[] {
  return table.split('\n').flatMap((line) => {
    const [destination, prefixLength, , , , metric, , , flags, iface] = line.trim().split(/\s+/);
    const isDefault = destination === ZERO_IPV6 && prefixLength === '00' && isUsable(flags) && iface !== 'lo';
    return iface !== undefined && isDefault ? [{ iface, metric: Number.parseInt(metric!, 16) }] : [];
  });
}

function isUsable(hexFlags: string | undefined): boolean {
  const flags = Number.parseInt(hexFlags ?? '0', 16);
  return (flags & RTF_UP) !== 0 && (flags & RTF_REJECT) === 0;
}

function lowestMetric(routes: readonly Route[]): string | null {
  return (
    routes.reduce<Route | null>((best, route) => (best && best.metric <= route.metric ? best : route), null)
      ?.iface ?? null
  );
}

function readTable(path: string): string {
  try {
    return readProc(path);
  } catch (error) {
    // Without IPv6 in the kernel its table is not there.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
