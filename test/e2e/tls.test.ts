import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerSettings } from '@ifcast/broker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IFCASTD, PROGRAMS } from '../support/broker-programs.ts';
import { type Certificate, CertificateAuthority } from '../support/certificates.ts';
import { FaultyBroker } from '../support/faulty-broker.ts';
import { freePort } from '../support/free-port.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import { until } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { closedAfterEach } from '../support/track.ts';

const possible = requirements('mosquitto', 'mosquitto_sub', 'openssl');

describe.runIf(possible).each(PROGRAMS)('TLS: $name', (program) => {
  const { called } = program;
  let directory: string;
  let ca: CertificateAuthority;
  let otherCa: CertificateAuthority;
  let server: Certificate;
  let expired: Certificate;
  let client: Certificate;
  let strangersClient: Certificate;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ifcast-tls-'));
    ca = new CertificateAuthority(directory, 'ca');
    otherCa = new CertificateAuthority(directory, 'other-ca');
    server = ca.issue('server', ['DNS:localhost', 'DNS:broker.example']);
    expired = ca.issue('expired', ['DNS:localhost'], -1);
    client = ca.issue('client', ['DNS:gw']);
    strangersClient = otherCa.issue('stranger', ['DNS:gw']);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const track = closedAfterEach();

  async function broker(identity: Certificate, more: readonly string[] = []): Promise<Mosquitto> {
    // The certificate names a host: an address would not do.
    const config = [`certfile ${identity.cert}`, `keyfile ${identity.key}`, ...more];
    const mosquitto = await Mosquitto.start({ config });
    track(mosquitto);
    return mosquitto;
  }

  function start(url: string, settings: Partial<BrokerSettings>): readonly string[] {
    const running = program.start([url], settings);
    track(running);
    return running.lines;
  }

  /** The first line that is written. */
  async function firstLine(url: string, settings: Partial<BrokerSettings>): Promise<string> {
    const lines = start(url, settings);
    await until('a line', () => lines.length > 0);
    return lines[0]!;
  }

  const url = (mosquitto: Mosquitto) => `mqtts://localhost:${mosquitto.port}`;
  const file = (name: string, content: string) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };

  it.each(['5', '3.1.1'] as const)('connects with the authority given, with MQTT %s', async (version) => {
    const mosquitto = await broker(server);
    expect(await firstLine(url(mosquitto), { ca: ca.cert, version })).toMatch(
      /connected to mqtts:\/\/localhost/,
    );
  });

  it('connects by another name with servername', async () => {
    const mosquitto = await broker(server);
    const lines = start(`mqtts://127.0.0.1:${mosquitto.port}`, {
      ca: ca.cert,
      servername: 'broker.example',
    });
    await until('the connect', () => lines.some((line) => line.includes('connected to')));
  });

  it('shows a client certificate', async () => {
    const mosquitto = await broker(server, [
      `cafile ${ca.cert}`,
      'require_certificate true',
      'use_identity_as_username true',
    ]);
    const args = ['--cafile', ca.cert, '--cert', client.cert, '--key', client.key, '--insecure'];
    const sub = await MosquittoSub.start({ port: mosquitto.port, topics: ['#'], args });
    track(sub);
    const lines = start(url(mosquitto), { ca: ca.cert, ...client });
    await until('the connect', () => lines.some((line) => line.includes('connected to')));
    if (program === IFCASTD) await sub.until('online', () => sub.on('ifcast/gw/status').length > 0);
    expect(mosquitto.log).toContain("u'client'");
  });

  it.each(['ws', 'wss'] as const)('goes over a websocket: %s', async (scheme) => {
    const port = await freePort();
    const tls = scheme === 'wss' ? [`certfile ${server.cert}`, `keyfile ${server.key}`] : [];
    // Debian's mosquitto 2.0.11 does not start with a websocket listener alone.
    const config = [`listener ${port} 127.0.0.1`, 'protocol websockets', ...tls];
    track(await Mosquitto.start({ config }));
    const lines = start(`${scheme}://localhost:${port}/mqtt`, scheme === 'wss' ? { ca: ca.cert } : {});
    await until('the connect', () => lines.some((line) => line.includes('connected to')));
  });

  it('takes up a renewed certificate of the broker', async () => {
    const mosquitto = await broker(expired);
    const lines = start(url(mosquitto), { ca: ca.cert });
    await until('a line', () => lines.length > 0);
    await mosquitto.stop();
    mosquitto.configure([`certfile ${server.cert}`, `keyfile ${server.key}`]);
    await mosquitto.start();
    await until('the connect', () => lines.some((line) => line.includes('connected to')));
  });

  describe('says in one sentence what is wrong when', () => {
    it('the authority is unknown', async () => {
      const mosquitto = await broker(server);
      const unknown = await firstLine(url(mosquitto), {});
      expect(unknown).toMatch(/^(ifcastd: warn: cannot connect|no connection) to mqtts:\/\/localhost:\d+: /);
      expect(unknown).toContain(
        `: its certificate is signed by no authority that this system knows: set ${called.ca} to the PEM file of the one that signed it`,
      );
      expect(await firstLine(url(mosquitto), { ca: otherCa.cert })).toContain(
        `its certificate is not signed by an authority in ${called.ca} ${otherCa.cert}: give the PEM file of the one that signed it`,
      );
    });

    it('the certificate has expired', async () => {
      const mosquitto = await broker(expired);
      expect(await firstLine(url(mosquitto), { ca: ca.cert })).toMatch(
        /its certificate has expired: renew it, or set the clock of this host$/,
      );
    });

    it('the certificate is for another name', async () => {
      const mosquitto = await broker(server);
      expect(await firstLine(`mqtts://127.0.0.1:${mosquitto.port}`, { ca: ca.cert })).toContain(
        `its certificate is for DNS:localhost, DNS:broker.example, not for "127.0.0.1": use one of these names in ${called.url}, or set ${called.servername}`,
      );
    });

    it('a client certificate is wanted', async () => {
      const mosquitto = await broker(server, [`cafile ${ca.cert}`, 'require_certificate true']);
      expect(await firstLine(url(mosquitto), { ca: ca.cert })).toContain(
        `it wants a client certificate: set ${called.cert} and ${called.key}`,
      );
      const stranger = await firstLine(url(mosquitto), { ca: ca.cert, ...strangersClient });
      expect(stranger).toContain(
        `it does not accept the client certificate in ${called.cert} ${strangersClient.cert}`,
      );
    });

    it('a file is missing, garbage or does not belong to the other', async () => {
      const mosquitto = await broker(server);
      const missing = join(directory, 'missing.pem');
      const garbage = file('garbage.pem', 'garbage');
      const damaged = file('damaged.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
      const cases: [Partial<BrokerSettings>, string][] = [
        [{ ca: missing }, `${called.ca} ${missing} cannot be read (ENOENT): give the path of a PEM file`],
        [
          { ca: garbage },
          `${called.ca} ${garbage} holds no certificate: it must have a PEM block "BEGIN CERTIFICATE"`,
        ],
        [
          { ca: damaged },
          `${called.ca} ${damaged} holds a certificate that is damaged: copy it again from where it came`,
        ],
        [
          { ca: ca.cert, cert: client.cert },
          `${called.cert} is given without ${called.key}: a client certificate needs both`,
        ],
        [
          { ca: ca.cert, key: client.key },
          `${called.key} is given without ${called.cert}: a client certificate needs both`,
        ],
        [
          { ca: ca.cert, cert: client.cert, key: garbage },
          `${called.key} ${garbage} holds no private key: it must have a PEM block "BEGIN PRIVATE KEY"`,
        ],
        [
          { ca: ca.cert, cert: client.cert, key: server.key },
          `${called.key} ${server.key} is not the key of ${called.cert} ${client.cert}: give the two that were made together`,
        ],
      ];
      for (const [settings, words] of cases) {
        const line = await firstLine(url(mosquitto), settings);
        expect(line).toMatch(/^(ifcastd: warn: cannot connect|no connection) to mqtts:/);
        expect(line).toContain(words);
      }
    });

    it('TLS is spoken to a port without, and the other way round', async () => {
      const plain = await Mosquitto.start();
      track(plain);
      expect(await firstLine(url(plain), { ca: ca.cert })).toMatch(
        /it (closed|reset) the connection when it was spoken to in TLS: if it does not speak TLS on port \d+, use mqtt:\/\/, or the port where it does$/,
      );
      const secure = await broker(server);
      expect(await firstLine(`mqtt://localhost:${secure.port}`, {})).toMatch(
        /it ((closed|reset) the connection before answering: if that port expects TLS, use mqtts:\/\/|speaks TLS on port \d+: use mqtts:\/\/)$/,
      );
      // The alert of OpenSSL for a record of a wrong version.
      const alerting = createTcpServer((socket) => {
        socket.on('error', () => {}).once('data', () => socket.end(Buffer.from('15030100020246', 'hex')));
      });
      alerting.listen(0, '127.0.0.1');
      await once(alerting, 'listening');
      track({ close: () => alerting.close() });
      const { port } = alerting.address() as AddressInfo;
      expect(await firstLine(`mqtt://127.0.0.1:${port}`, {})).toMatch(
        /it speaks TLS on port \d+: use mqtts:\/\/$/,
      );
    });

    it('nothing is said in TLS', async () => {
      const silent = track(await FaultyBroker.start('silent'));
      expect(await firstLine(`mqtts://127.0.0.1:${silent.port}`, { ca: ca.cert })).toMatch(
        /it accepts the connection and does not answer in TLS: if it does not speak TLS on port \d+, use mqtt:\/\//,
      );
      expect(await firstLine(`wss://127.0.0.1:${silent.port}`, { ca: ca.cert })).toMatch(
        /it accepts the connection and does not answer in TLS: if it does not speak TLS on port \d+, use ws:\/\//,
      );
    });

    it('there is no MQTT at the path of a websocket', async () => {
      const port = await freePort();
      const server = createServer((_request, response) => response.writeHead(404).end()).listen(
        port,
        '127.0.0.1',
      );
      track({ close: () => server.close() });
      expect(await firstLine(`ws://127.0.0.1:${port}/wrong?token=geheim`, {})).toContain(
        `ws://127.0.0.1:${port}/wrong: no MQTT over websocket at that path (HTTP 404): check the path in ${called.url}`,
      );
    });
  });
});
