/** HTTP to a server that listens in a network namespace, with nc(1) as the client. */
import type { VethEnd } from './netns.ts';

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends a request of HTTP/1.0, which is not answered in chunks, and waits for the whole answer.
 *
 * @throws Error where nobody answers
 */
export async function httpRequest(
  end: VethEnd,
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<HttpAnswer> {
  const { hostname, port, pathname } = new URL(url);
  const lines = [
    `${method} ${pathname} HTTP/1.0`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const script = 'printf "%s\\r\\n" "$@" "" | nc -w 5 "$host" "$port"';
  const answer = await end.exec(
    'env',
    `host=${hostname}`,
    `port=${port}`,
    'sh',
    '-c',
    script,
    'sh',
    ...lines,
  );
  const separator = answer.indexOf('\r\n\r\n');
  const [status = '', ...fields] = answer.slice(0, separator).split('\r\n');
  return {
    status: Number(status.split(' ')[1]),
    headers: Object.fromEntries(
      fields.map((field) => {
        const colon = field.indexOf(':');
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
      }),
    ),
    body: answer.slice(separator + 4),
  };
}
