import { isIP } from 'node:net';

import { bool, orEmpty } from './checks.ts';
import { path } from './file-checks.ts';
import type { Place } from './place.ts';
import { type Check, type Key, key, tableKey } from './table.ts';

/** An address to listen on. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface PrometheusConfig {
  /** Where scrapes are answered, `null` for nowhere. */
  readonly listen: ListenAddress | null;
  /** Path of the file that node_exporter reads, `null` for none. */
  readonly textfile: string | null;
  /** Also under the names that promacct gives. */
  readonly promacct: boolean;
}

/** An IP address or `localhost`, with a port. */
const listenAddress: Check<ListenAddress> = (value, place) => {
  const expected = 'an address and a port such as "127.0.0.1:9112" or "[::]:9112"';
  if (typeof value !== 'string') return place.isNot(value, expected);
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(value) ?? [];
  const host = bracketed ?? plain ?? '';
  const port = Number(digits);
  const right = bracketed === undefined ? isIP(host) === 4 || host === 'localhost' : isIP(host) === 6;
  return right && port > 0 && port <= 65_535 ? { host, port } : place.isNot(value, expected);
};

const textFile: Check<string> = (value, place) => {
  const file = path(value, place);
  if (file === undefined || file.endsWith('.prom')) return file;
  return place.fault('node_exporter reads only names that end in ".prom"');
};

/** promacct's own bounds, 64 to 2048, with the 14 bytes of the Ethernet header that it leaves out. */
const PROMACCT_BUCKETS = '[78, 142, 270, 526, 1038, 2062]';

const KEYS = {
  listen: key(orEmpty(listenAddress), null),
  textfile: key(orEmpty(textFile), null),
  promacct: key(bool, false),
};

/** `[prometheus]`. */
export const prometheusTable: Key<PrometheusConfig> = tableKey(
  KEYS,
  (values) => values,
  ({ listen, textfile, promacct }, place) => {
    if (promacct && listen === null && textfile === null)
      place.at('promacct').warn('nobody can read it: give listen or textfile too');
  },
);

/** Notes what promacct's names need beside their table. */
export function checkPromacct(
  sizeUpperBounds: readonly number[],
  filters: readonly { readonly enabled: boolean; readonly expression: string }[],
  place: Place,
): void {
  if (!filters.some(({ enabled, expression }) => enabled && expression === ''))
    place.fault('promacct counts every packet: add a filter without conditions');
  if (JSON.stringify(sizeUpperBounds) !== PROMACCT_BUCKETS.replaceAll(' ', ''))
    place.warn(`the bounds are promacct's own only with packet_size_buckets = ${PROMACCT_BUCKETS}`);
}
