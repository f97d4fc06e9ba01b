import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { MqttConfig } from '../../packages/daemon/src/config/mqtt-settings.ts';
import { MqttPublisher } from '../../packages/daemon/src/outputs/mqtt/mqtt-publisher.ts';
import { type Certificate, CertificateAuthority } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import { describeHost, FAST_TIMING, publisherOptions, recordingLog, until } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';

describe.runIf(requirements('mosquitto', 'mosquitto_sub', 'openssl'))('TLS', () => {
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

  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close();
  });

  async function broker(identity: Certificate, more: readonly string[] = []): Promise<Mosquitto> {
    // The certificate names a host: an address would not do.
    const config = [`certfile ${identity.cert}`, `keyfile ${identity.key}`, ...more];
    const mosquitto = await Mosquitto.start({ config });
    open.push(mosquitto);
    return mosquitto;
  }

  function publish(url: string, mqtt: Partial<MqttConfig>): string[] {
    const { log, lines } = recordingLog();
    const publisher = new MqttPublisher(publisherOptions([url], mqtt), log, FAST_TIMING);
    open.push({ close: () => publisher.stop() });
    publisher.describe(describeHost());
    void publisher.start();
    return lines;
  }

  /** The first line that is written; it must stay the only one over the attempts that follow. */
  async function firstLine(url: string, mqtt: Partial<MqttConfig>): Promise<string> {
    const lines = publish(url, mqtt);
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
      /info: connected to mqtts:\/\/localhost/,
    );
  });

  it('connects by another name with servername', async () => {
    const mosquitto = await broker(server);
    const lines = publish(`mqtts://127.0.0.1:${mosquitto.port}`, {
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
    open.push(sub);
    publish(url(mosquitto), { ca: ca.cert, ...client });
    await sub.until('online', () => sub.on('ifcast/gw/status').length > 0);
    expect(mosquitto.log).toContain("u'client'");
  });

  it.each(['ws', 'wss'] as const)('goes over a websocket: %s', async (scheme) => {
    const port = await freePort();
    const tls = scheme === 'wss' ? [`certfile ${server.cert}`, `keyfile ${server.key}`] : [];
    // Debian's mosquitto 2.0.11 does not start with a websocket listener alone.
    const config = [`listener ${port} 127.0.0.1`, 'protocol websockets', ...tls];
    open.push(await Mosquitto.start({ config }));
    const lines = publish(`${scheme}://localhost:${port}/mqtt`, scheme === 'wss' ? { ca: ca.cert } : {});
    await until('the connect', () => lines.some((line) => line.includes('connected to')));
  });

  it('takes up a renewed certificate of the broker', async () => {
    const mosquitto = await broker(expired);
    const lines = publish(url(mosquitto), { ca: ca.cert });
    await until('a line', () => lines.length > 0);
    await mosquitto.stop();
    mosquitto.configure([`certfile ${server.cert}`, `keyfile ${server.key}`]);
    await mosquitto.start();
    await until('the connect', () => lines.some((line) => line.includes('connected to')));
  });

  describe('says in one sentence what is wrong when', () => {
    it('the authority is unknown', async () => {
      const mosquitto = await broker(server);
      expect(await firstLine(url(mosquitto), {})).toMatch(
        /^ifcastd: warn: cannot connect to mqtts:\/\/localhost:\d+: its certificate is signed by no authority that this system knows: set mqtt\.ca to the PEM file of the one that signed it$/,
      );
      expect(await firstLine(url(mosquitto), { ca: otherCa.cert })).toContain(
        `its certificate is not signed by an authority in mqtt.ca ${otherCa.cert}: give the PEM file of the one that signed it`,
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
      expect(await firstLine(`mqtts://127.0.0.1:${mosquitto.port}`, { ca: ca.cert })).toMatch(
        /its certificate is for DNS:localhost, DNS:broker\.example, not for "127\.0\.0\.1": use one of these names in mqtt\.url, or set mqtt\.servername$/,
      );
    });

    it('a client certificate is wanted', async () => {
      const mosquitto = await broker(server, [`cafile ${ca.cert}`, 'require_certificate true']);
      expect(await firstLine(url(mosquitto), { ca: ca.cert })).toMatch(
        /it wants a client certificate: set mqtt\.cert and mqtt\.key$/,
      );
      const stranger = await firstLine(url(mosquitto), { ca: ca.cert, ...strangersClient });
      expect(stranger).toContain(
        `it does not accept the client certificate in mqtt.cert ${strangersClient.cert}`,
      );
    });

    it('a file is missing, garbage or does not belong to the other', async () => {
      const mosquitto = await broker(server);
      const missing = join(directory, 'missing.pem');
      const garbage = file('garbage.pem', 'garbage');
      const damaged = file('damaged.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
      const cases: [Partial<MqttConfig>, string][] = [
        [{ ca: missing }, `mqtt.ca ${missing} cannot be read (ENOENT): give the path of a PEM file`],
        [
          { ca: garbage },
          `mqtt.ca ${garbage} holds no certificate: it must have a PEM block "BEGIN CERTIFICATE"`,
        ],
        [
          { ca: damaged },
          `mqtt.ca ${damaged} holds a certificate that is damaged: copy it again from where it came`,
        ],
        [
          { ca: ca.cert, cert: client.cert },
          'mqtt.cert is given without mqtt.key: a client certificate needs both',
        ],
        [
          { ca: ca.cert, key: client.key },
          'mqtt.key is given without mqtt.cert: a client certificate needs both',
        ],
        [
          { ca: ca.cert, cert: client.cert, key: garbage },
          `mqtt.key ${garbage} holds no private key: it must have a PEM block "BEGIN PRIVATE KEY"`,
        ],
        [
          { ca: ca.cert, cert: client.cert, key: server.key },
          `mqtt.key ${server.key} is not the key of mqtt.cert ${client.cert}: give the two that were made together`,
        ],
      ];
      for (const [mqtt, words] of cases) {
        expect(await firstLine(url(mosquitto), mqtt)).toMatch(/^ifcastd: warn: cannot connect to mqtts:/);
        expect(await firstLine(url(mosquitto), mqtt)).toContain(words);
      }
    });

    it('TLS is spoken to a port without, and the other way round', async () => {
      const plain = await Mosquitto.start();
      open.push(plain);
      expect(await firstLine(url(plain), { ca: ca.cert })).toMatch(
        /(it does not speak TLS on port \d+: use mqtt:\/\/, or the port where it does|it closed the connection before answering|it reset the connection)$/,
      );
      const secure = await broker(server);
      expect(await firstLine(`mqtt://localhost:${secure.port}`, {})).toMatch(
        /it (closed the connection before answering: if that port expects TLS, use mqtts:\/\/|reset the connection)$/,
      );
    });

    it('there is no MQTT at the path of a websocket', async () => {
      const port = await freePort();
      const server = createServer((_request, response) => response.writeHead(404).end()).listen(
        port,
        '127.0.0.1',
      );
      open.push({ close: () => server.close() });
      expect(await firstLine(`ws://127.0.0.1:${port}/wrong`, {})).toMatch(
        /no MQTT over websocket at that path \(HTTP 404\): check the path in mqtt\.url$/,
      );
    });
  });
});
