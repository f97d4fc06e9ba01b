import { BrokerError } from './broker-error.ts';

/** The schemes of broker URLs and the ports they mean where none is given. */
const DEFAULT_PORTS = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 } as const;

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
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw unusable(url, 'it is not a URL', cause);
  }
  const protocol = parsed.protocol.slice(0, -1);
  if (!isBrokerProtocol(protocol)) throw unusable(url, `its scheme is "${protocol}"`);
  if (parsed.hostname === '') throw unusable(url, 'it names no host');
  const websocket = protocol === 'ws' || protocol === 'wss';
  const path = websocket ? parsed.pathname || '/' : '';
  if (!websocket && parsed.pathname.length > 1) throw unusable(url, 'only ws:// and wss:// have a path');
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

/** Text that may hold a broker URL, with everything between `//` and `@` left out. */
export function redactUrl(text: string): string {
  return text.replace(/\/\/[^\s/]*@/g, '//…@').replace(/\/\/\S*@/g, '//…@');
}

function isBrokerProtocol(text: string): text is BrokerProtocol {
  return Object.hasOwn(DEFAULT_PORTS, text);
}

function decoded(url: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw unusable(url, 'a "%" in its user or password is not written as "%25"', cause);
  }
}

function unusable(url: string, why: string, cause?: unknown): BrokerError {
  return new BrokerError(
    'url',
    `broker URL ${JSON.stringify(redactUrl(url).replace(/\?.*/, ''))} cannot be used, ${why}: ` +
      'give one such as "mqtt://192.0.2.1", "mqtts://broker.example:8883" or "ws://broker.example/mqtt"',
    { cause },
  );
}
