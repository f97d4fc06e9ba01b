import { BrokerError } from './broker-error.ts';
import { maskUrl } from './secrets.ts';

/** The schemes of broker URLs and the ports they mean where none is given. */
const DEFAULT_PORTS = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 } as const;

const NOT_ENCODED = 'in user and password "/" is written as "%2F", "?" as "%3F", "#" as "%23", "@" as "%40"';

/** How a broker is reached. */
export type BrokerProtocol = keyof typeof DEFAULT_PORTS;

/** A broker URL taken apart. */
export interface BrokerAddress {
  readonly protocol: BrokerProtocol;
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** With its query, for websockets; otherwise `""`. */
  readonly path: string;
  /** From the URL; `null` where it has none and the configuration's counts. */
  readonly username: string | null;
  readonly password: string | null;
  /** The URL for people: without credentials and query. The only form of it that is ever printed. */
  readonly label: string;
}

/**
 * Takes a broker URL apart: `mqtt://host`, `mqtts://user:password@host:8883`, `ws://host:9001/mqtt`, `wss://…`.
 *
 * @throws {@link BrokerError} `url`, without the credentials
 */
export function parseBrokerUrl(url: string): BrokerAddress {
  if (!/^\s*(mqtts?|wss?):\/\//i.test(url)) {
    throw unusable(url, 'it does not begin with mqtt://, mqtts://, ws:// or wss://');
  }
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    // Without its cause: Node's error carries the whole URL.
    throw unusable(url, /\/\/.*[/?#].*@/s.test(url) ? NOT_ENCODED : 'it is not a URL');
  }
  const protocol = parsed.protocol.slice(0, -1) as BrokerProtocol;
  if (parsed.hostname === '') throw unusable(url, 'it names no host');
  const websocket = protocol === 'ws' || protocol === 'wss';
  const path = websocket ? parsed.pathname || '/' : '';
  // Behind the host it would be shown, and be nobody's password.
  if (parsed.hash !== '' || `${path}${parsed.search}`.includes('@')) {
    throw unusable(url, NOT_ENCODED);
  }
  if (!websocket && (parsed.pathname.length > 1 || parsed.search !== '')) {
    throw unusable(url, 'only ws:// and wss:// have a path or a query');
  }
  const port = parsed.port === '' ? DEFAULT_PORTS[protocol] : Number(parsed.port);
  if (port === 0) throw unusable(url, 'its port is 0');
  return {
    protocol,
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    path: websocket ? `${path}${parsed.search}` : '',
    username: parsed.username === '' ? null : decoded(url, parsed.username),
    password: parsed.password === '' ? null : decoded(url, parsed.password),
    label: `${protocol}://${parsed.hostname}:${port}${path}`,
  };
}

function decoded(url: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unusable(url, 'a "%" in its user or password is not written as "%25"');
  }
}

function unusable(url: string, why: string): BrokerError {
  return new BrokerError(
    'url',
    `broker URL "${maskUrl(url)}" cannot be used, ${why}: ` +
      'give one such as "mqtt://192.0.2.1", "mqtts://broker.example:8883" or "ws://broker.example/mqtt"',
  );
}
