/** Both programs where the name servers do not answer: in a mount namespace with an /etc/resolv.conf of its own. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { until } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';

const bin = (path: string): string => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url));
const CAPTURE = fileURLToPath(new URL('../../config/examples/sample.pcap', import.meta.url));
/** Of loopback, and nobody's. */
const SILENT = '127.0.0.66';

test.runIf(requirements('root', 'unshare'))(
  'a name that is not looked up in time is told as that',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ifcast-names-'));
    const server = createSocket('udp4').bind(53, SILENT);
    await once(server, 'listening');
    const resolvConf = join(directory, 'resolv.conf');
    writeFileSync(resolvConf, `nameserver ${SILENT}\n`);
    const config = join(directory, 'ifcast.toml');
    writeFileSync(config, '[mqtt]\nurl = "mqtt://broker.example"\n');
    const programs = [
      [bin('daemon/bin/ifcastd.js'), '-c', config, '--replay', CAPTURE],
      [bin('tui/bin/ifcast.js'), '--broker', 'mqtt://broker.example', '--json'],
    ].map((args) => {
      const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
      const command = ['--mount', 'sh', '-c', script, resolvConf, process.execPath, ...args];
      const child = spawn('unshare', command, { stdio: ['ignore', 'ignore', 'pipe'] });
      const said: string[] = [];
      child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
      return { child, said };
    });
    try {
      for (const { said } of programs) {
        await until('that it is told', () => said.join('').includes('mqtt://broker.example:1883: '), 30_000);
        expect(said.join('')).toContain(
          'the name "broker.example" is not looked up in time: do the name servers of this system answer?',
        );
      }
    } finally {
      for (const { child } of programs) child.kill('SIGKILL');
      server.close();
      rmSync(directory, { recursive: true });
    }
  },
);
