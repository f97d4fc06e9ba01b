import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import type { ListenAddress } from '../../config/prometheus-settings.ts';
import { acceptedFormat } from './accepted-format.ts';
import { CONTENT_TYPE, type ExpositionFormat } from './exposition.ts';
import { nextSlice, slices } from './slices.ts';

const MAX_CONNECTIONS = 16;
/** For a request to come, and for its answer to be taken. */
const REQUEST_MS = 5_000;
/** An answer that is not longer goes out as one, and is not worth compressing. */
const SMALL_CHARACTERS = 16 * 1024;

const INDEX = 'ifcast counts packets. Its metrics: /metrics\n';

/** Answers scrapes, a bounded number at a time. Who reads slowly is waited for, but not for long, and by nobody else. */
export class ScrapeServer {
  readonly #address: ListenAddress;
  readonly #expose: (format: ExpositionFormat) => Iterable<string>;
  #server: Server | undefined;

  /** @param expose - the pieces of an answer; taken over several turns of the event loop, so they have to be of one moment */
  constructor(address: ListenAddress, expose: (format: ExpositionFormat) => Iterable<string>) {
    this.#address = address;
    this.#expose = expose;
  }

  /** @throws the error of listen(2), such as EADDRINUSE */
  async start(): Promise<void> {
    const server = createServer(
      {
        headersTimeout: REQUEST_MS,
        requestTimeout: REQUEST_MS,
        keepAliveTimeout: REQUEST_MS,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: 8 * 1024,
      },
      (request, response) => void this.#answer(request, response),
    );
    server.maxConnections = MAX_CONNECTIONS;
    this.#server = server;
    server.listen(this.#address);
    // Rejects with the error of `listen`.
    await once(server, 'listening');
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server?.listening !== true) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const deadline = setTimeout(() => response.destroy(), REQUEST_MS);
    try {
      await this.#respond(request, response);
    } catch {
      // The scraper has gone, or was given up: nobody is left to be told.
      response.destroy();
    } finally {
      clearTimeout(deadline);
    }
  }

  async #respond({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = url?.split('?')[0];
    if (path !== '/metrics' && path !== '/')
      return plain(response, 404, 'there is /metrics, and nothing else\n');
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return plain(response, 405, 'only GET\n');
    }
    if (path === '/') return plain(response, 200, INDEX);
    const format = acceptedFormat(headers.accept);
    response.setHeader('Content-Type', CONTENT_TYPE[format]);
    response.setHeader('Vary', 'Accept, Accept-Encoding');
    if (method === 'HEAD') return void response.end();
    const pieces = this.#expose(format)[Symbol.iterator]();
    const first = nextSlice(pieces);
    if (first.last && first.text.length <= SMALL_CHARACTERS) {
      response.setHeader('Content-Length', Buffer.byteLength(first.text));
      return void response.end(first.text);
    }
    if (!acceptsGzip(headers['accept-encoding'])) return pipeline(slices(first, pieces), response);
    response.setHeader('Content-Encoding', 'gzip');
    return pipeline(slices(first, pieces), createGzip({ level: 1 }), response);
  }
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(String(header ?? ''));
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
}
