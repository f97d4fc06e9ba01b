import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { encodeMessage } from '@ifcast/protocol';
import { Aedes } from 'aedes';
import { afterAll, describe, expect, test } from 'vitest';

import { FaultyBroker } from '../support/faulty-broker.ts';
import { freePort } from '../support/free-port.ts';
import { IFCAST, ifcastScreen, type Run, runIfcast } from '../support/ifcast.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { requirements } from '../support/requirements.ts';
import { SimulatedDaemon, SimulatedFleet } from '../support/simulated-daemons.ts';
import { closedAfterEach } from '../support/track.ts';

const track = closedAfterEach();

async function fleet(url: string, names = ['gw-01/eth0'], intervalMs = 100): Promise<SimulatedFleet> {
  const started = track(await SimulatedFleet.connect(url, names, intervalMs));
  started.start();
  return started;
}

function objects(run: Run): Record<string, unknown>[] {
  return run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe.runIf(requirements('mosquitto'))('without a terminal', () => {
  async function broker(config: readonly string[] = []): Promise<Mosquitto> {
    return track(await Mosquitto.start({ config }));
  }

  test('--json --once prints one object and ends with 0', async () => {
    const { url } = await broker();
    await fleet(url);
    const run = await runIfcast(['--broker', url, '--json', '--once']);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\{.*\}\n$/) });
    expect(objects(run)[0]).toMatchObject({
      schema: 1,
      type: 'stats',
      host: 'gw-01',
      iface: 'eth0',
      stats: { v: 1 },
    });
  });

  test('what --json prints is what was published, digit for digit', async () => {
    const { url } = await broker();
    const daemon = track(await SimulatedDaemon.connect(url, 'gw-01'));
    const packets = 2n ** 63n - 1n;
    const stats = {
      v: 1 as const,
      ts: '2026-11-21T10:02:31.262Z',
      seq: 7,
      interval_ms: 500,
      since: '2026-11-21T08:00:00.000Z',
      dropped_total: null,
      filters: [
        {
          id: 'web',
          packets_total: packets,
          bytes_total: 2n ** 64n - 1n,
          packets_in_total: packets,
          bytes_in_total: 2n ** 64n - 1n,
          sizes_total: [packets],
          packets_per_s: 0.5,
          bits_per_s: null,
        },
      ],
    };
    const running = runIfcast(['--broker', url, '--json', '--once']);
    const timer = setInterval(() => daemon.broadcast('eth0', stats), 50);
    const run = await running;
    clearInterval(timer);
    expect(run.stdout).toContain(`,"host":"gw-01","iface":"eth0","stats":${encodeMessage(stats)}}\n`);
  });

  test('--json goes on, with status, info and stats, until the reader has enough', async () => {
    const { url } = await broker();
    await fleet(url);
    const child = spawn(process.execPath, [IFCAST, '--broker', url, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.split('\n').length > 10) break;
    }
    child.stdout.destroy();
    const [code, signal] = await once(child, 'exit');
    expect({ code, signal, errors }).toEqual({ code: 0, signal: null, errors: '' });
    const types = text
      .split('\n')
      .slice(0, 10)
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types.slice(0, 2)).toEqual(['connecting', 'connected']);
    expect(new Set(types)).toEqual(new Set(['connecting', 'connected', 'status', 'info', 'stats']));
  });

  test('without --json: lines of text, a tab between fields, nothing cut, no escape', async () => {
    const { url } = await broker();
    await fleet(url);
    const run = await runIfcast(['--broker', url, '--count', '2']);
    const lines = run.stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('TIME\tINTERFACE\tSTATE\tFILTER\tPACKETS\tBYTES\tPACKETS/S\tBITS/S\tSIZES');
    expect(lines).toHaveLength(11);
    for (const line of lines.slice(1)) {
      expect(line.split('\t')).toHaveLength(9);
      expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z\tgw-01\/eth0\tlive\t/);
    }
    expect(lines[2]).toMatch(
      /\ttcp port 443\t\d+\t\d+\t\d+\t\d+\t≤64=\d+ 65\+=\d+ 128\+=\d+ 256\+=\d+ 512\+=\d+ 1024\+=\d+ 1513\+=\d+$/,
    );
    expect(run.stdout).not.toContain('\u001b');
    expect(run.stderr).toBe(`ifcast: connected to ${url}\n`);
  });

  test('lines say in words that an interface is stale, offline, or waits', async () => {
    const { url } = await broker();
    const simulated = await fleet(url);
    const child = spawn(process.execPath, [IFCAST, '--broker', url], { stdio: ['ignore', 'pipe', 'ignore'] });
    track({ close: () => child.kill('SIGKILL') });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await expect.poll(() => text, { timeout: 10_000 }).toContain('\tlive\t');
    simulated.stop();
    await expect
      .poll(() => text, { timeout: 10_000 })
      .toMatch(/\tgw-01\/eth0\tstale\tno message, expected every 100 ms\n/);
    simulated.daemons[0]!.crash();
    await expect.poll(() => text, { timeout: 10_000 }).toMatch(/\tgw-01\/eth0\toffline\t/);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([143, null]);
  });

  test('names that were seen are kept for the shells, unless the configuration says no', async () => {
    const mosquitto = await broker();
    await fleet(mosquitto.url, ['gw-01/eth0', 'gw-02/eth0']);
    const env = { XDG_STATE_HOME: join(mosquitto.directory, 'state') };
    const config = join(mosquitto.directory, 'config.toml');
    writeFileSync(config, 'remember = false');
    const run = (...more: string[]): Promise<Run> =>
      runIfcast(['--broker', mosquitto.url, '--json', '--count', '20', ...more], { env });
    await run('--config', config);
    expect(existsSync(env.XDG_STATE_HOME)).toBe(false);
    await run();
    expect(
      readFileSync(join(env.XDG_STATE_HOME, 'ifcast', 'hosts'), 'utf8')
        .trimEnd()
        .split('\n')
        .sort(),
    ).toEqual(['gw-01', 'gw-01/eth0', 'gw-02', 'gw-02/eth0']);
  });

  test('--host takes a host or one interface', async () => {
    const { url } = await broker();
    await fleet(url, ['gw-01/eth0', 'gw-01/eth1', 'gw-02/eth0']);
    const seen = async (host: string): Promise<unknown[]> => {
      const run = await runIfcast(['--broker', url, '--json', '--count', '12', '--host', host]);
      return [
        ...new Set(objects(run).map((line) => `${String(line['host'])}/${String(line['iface'])}`)),
      ].sort();
    };
    expect(await seen('gw-01')).toEqual(['gw-01/eth0', 'gw-01/eth1']);
    expect(await seen('gw-01/eth1')).toEqual(['gw-01/eth1']);
  });

  describe('exit codes', () => {
    test('69: nothing listens there', async () => {
      const url = `mqtt://127.0.0.1:${await freePort()}`;
      const run = await runIfcast(['--broker', url, '--json', '--once']);
      expect(run).toMatchObject({ code: 69, stdout: '' });
      expect(run.stderr).toContain(
        `ifcast: cannot reach broker ${url}: nothing listens on port ${new URL(url).port}: is the broker running?`,
      );
    });

    test('69 after --timeout where a broker says nothing', async () => {
      const silent = track(await FaultyBroker.start('silent'));
      const run = await runIfcast(['--broker', silent.url, '--json', '--once', '--timeout', '0.5']);
      expect(run).toMatchObject({ code: 69, stdout: '' });
    });

    test('75: the daemon is offline, said by its retained status', async () => {
      const { url } = await broker();
      const daemon = await SimulatedDaemon.connect(url, 'gw-01');
      await daemon.status('offline');
      await daemon.close();
      expect(await runIfcast(['--broker', url, '--once', '--host', 'gw-01'])).toMatchObject({
        code: 75,
        stderr: expect.stringContaining('the daemon on gw-01 is offline'),
      });
      expect(await runIfcast(['--broker', url, '--once', '--timeout', '0.5'])).toMatchObject({ code: 75 });
    });

    test('124: nothing came within --timeout', async () => {
      const { url } = await broker();
      const run = await runIfcast(['--broker', url, '--json', '--once', '--timeout', '0.5']);
      expect(run).toMatchObject({ code: 124, stdout: '' });
      expect(run.stderr).toContain('0 broadcasts came within 0.5 s');
    });

    test('0 after --timeout when something came and no number was asked for', async () => {
      const { url } = await broker();
      await fleet(url);
      expect(await runIfcast(['--broker', url, '--json', '--timeout', '1'])).toMatchObject({ code: 0 });
    });

    test('64: wrong arguments; 66: a file that is not there', async () => {
      expect(await runIfcast(['--what'])).toMatchObject({
        code: 64,
        stderr: expect.stringMatching(/^ifcast: unknown option '--what'/),
      });
      expect(await runIfcast(['--broker', 'mqtts://h', '--ca', '/nowhere'])).toMatchObject({ code: 66 });
    });

    test('0: the reader of --help went away', () => {
      const script = `'${process.execPath}' '${IFCAST}' --help | head -1; echo "\${PIPESTATUS[0]}"`;
      expect(execFileSync('bash', ['-c', script]).toString()).toBe('Usage: ifcast [options]\n0\n');
    });
  });

  describe('what is written to', () => {
    /** The dashboard with its standard output and error where a shell puts them. */
    async function inShell(line: string): Promise<Run> {
      const script = `ifcast() { exec '${process.execPath}' '${IFCAST}' "$@"; }; ${line}`;
      const child = spawn('bash', ['-c', script], {
        env: { ...process.env, XDG_CONFIG_HOME: '/nonexistent', XDG_STATE_HOME: '/dev/null' },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 30_000,
      });
      const [stdout, stderr] = [child.stdout, child.stderr].map(async (stream) => {
        let text = '';
        for await (const chunk of stream) text += String(chunk);
        return text;
      });
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
      return { code, signal, stdout: (await stdout)!, stderr: (await stderr)! };
    }

    test.each(['--json', '--plain', '--json --count 100', '--help'])(
      '%s to a full disk ends with 74 and a sentence',
      async (options) => {
        const { url } = await broker();
        await fleet(url);
        const run = await inShell(`ifcast --broker ${url} ${options} >/dev/full`);
        expect(run).toMatchObject({ code: 74, signal: null });
        expect(run.stderr.replace(/^ifcast: connected to .*\n/, '')).toBe(
          'ifcast: cannot write to standard output: the disk is full (ENOSPC)\n',
        );
      },
    );

    test('a recording on a full disk ends with 74 and a sentence', async () => {
      const { url } = await broker();
      await fleet(url);
      const run = await runIfcast(['--broker', url, '--json', '--record', '/dev/full']);
      expect(run).toMatchObject({
        code: 74,
        stderr: 'ifcast: the recording /dev/full ended early: the disk is full (ENOSPC)\n',
      });
    });

    test('standard error on a full disk ends nothing', async () => {
      const { url } = await broker();
      await fleet(url);
      const run = await inShell(`ifcast --broker ${url} --plain --count 3 2>/dev/full`);
      expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('\tlive\t') });
    });

    test('a reader that does not read keeps neither the recording nor the end', async () => {
      const mosquitto = await broker();
      await fleet(mosquitto.url, ['gw-01/eth0'], 10);
      const file = join(mosquitto.directory, 'recorded.jsonl');
      const child = spawn(process.execPath, [IFCAST, '--broker', mosquitto.url, '--json', '--record', file], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      track({ close: () => child.kill('SIGKILL') });
      // Several times what a pipe holds.
      const size = (): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      await expect.poll(size, { timeout: 30_000 }).toBeGreaterThan(150_000);
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([143, null]);
      expect(readFileSync(file, 'utf8')).toMatch(/\}\n$/);
    });

    test('nor does a terminal that was stopped with Ctrl-S', async () => {
      const mosquitto = await broker();
      await fleet(mosquitto.url, ['gw-01/eth0'], 10);
      const file = join(mosquitto.directory, 'recorded.jsonl');
      const args = ['--broker', mosquitto.url, '--plain', '--record', file];
      const terminal = track(ifcastScreen(args, { columns: 80, rows: 24 }));
      await terminal.waitFor('live');
      terminal.send('\u0013');
      const size = (): number => statSync(file).size;
      const before = size();
      // More than the terminal's buffers would take.
      await expect.poll(size, { timeout: 30_000 }).toBeGreaterThan(before + 150_000);
      terminal.kill('SIGTERM');
      expect((await terminal.ended).exitCode).toBe(143);
    });

    test('SIGUSR1 opens no inspector', async () => {
      const { url } = await broker();
      await fleet(url);
      const child = spawn(process.execPath, [IFCAST, '--broker', url, '--plain'], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      track({ close: () => child.kill('SIGKILL') });
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => {
        errors += chunk.toString();
      });
      const reads = child.stdout[Symbol.asyncIterator]();
      await reads.next();
      child.kill('SIGUSR1');
      for (let more = 0; more < 5; more++) await reads.next();
      expect(errors).not.toMatch(/Debugger|inspector/i);
    });
  });

  describe('connections', () => {
    const args = ['--json', '--once', '--timeout', '10'];

    test('user and password', async () => {
      const mosquitto = await broker();
      const passwords = join(mosquitto.directory, 'passwords');
      writeFileSync(passwords, '');
      chmodSync(passwords, 0o600);
      execFileSync('mosquitto_passwd', ['-b', passwords, 'viewer', 'geheim']);
      await mosquitto.stop();
      mosquitto.configure(['allow_anonymous false', `password_file ${passwords}`]);
      await mosquitto.start();
      const run = (env: Record<string, string>, ...more: string[]): Promise<Run> =>
        runIfcast(['--broker', mosquitto.url, ...more, '--json', '--once'], { env });
      const refused = await run({ IFCAST_MQTT_PASSWORD: 'wrong' }, '-u', 'viewer');
      expect(refused.code).toBe(69);
      expect(refused.stderr).toMatch(/refuses the login: check --username/);
      expect(refused.stderr).not.toContain('wrong');
      await fleet(mosquitto.url.replace('mqtt://', 'mqtt://viewer:geheim@'));
      expect(await run({ IFCAST_MQTT_PASSWORD: 'geheim' }, '-u', 'viewer')).toMatchObject({ code: 0 });
      const file = join(mosquitto.directory, 'password');
      writeFileSync(file, 'geheim\n');
      expect(await run({}, '-u', 'viewer', '--password-file', file)).toMatchObject({ code: 0 });
    });

    test('TLS: verified, by name, with a client certificate; each fault is one sentence with its remedy', async () => {
      const mosquitto = await broker();
      const at = (name: string): string => join(mosquitto.directory, name);
      const openssl = (...command: string[]): void => {
        execFileSync('openssl', command, { stdio: 'ignore' });
      };
      const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
      openssl(
        'req',
        '-x509',
        ...ec,
        '-keyout',
        at('ca.key'),
        '-out',
        at('ca.pem'),
        '-subj',
        '/CN=test CA',
        '-days',
        '2',
      );
      for (const name of ['broker.test', 'viewer']) {
        const signed = [
          '-CA',
          at('ca.pem'),
          '-CAkey',
          at('ca.key'),
          '-days',
          '2',
          '-addext',
          `subjectAltName=DNS:${name}`,
        ];
        openssl(
          'req',
          '-x509',
          ...ec,
          ...signed,
          '-keyout',
          at(`${name}.key`),
          '-out',
          at(`${name}.pem`),
          '-subj',
          `/CN=${name}`,
        );
      }
      await mosquitto.stop();
      mosquitto.configure([
        `cafile ${at('ca.pem')}`,
        `certfile ${at('broker.test.pem')}`,
        `keyfile ${at('broker.test.key')}`,
        'require_certificate true',
        `listener ${await freePort()} 127.0.0.1`,
      ]);
      await mosquitto.start();
      const url = mosquitto.url.replace('mqtt:', 'mqtts:');
      const good = [
        '--ca',
        at('ca.pem'),
        '--servername',
        'broker.test',
        '--cert',
        at('viewer.pem'),
        '--key',
        at('viewer.key'),
      ];
      const fault = async (broker: string, ...more: string[]): Promise<string> => {
        const run = await runIfcast(['--broker', broker, '--json', '--once', ...more]);
        expect(run.code).toBe(69);
        return run.stderr;
      };
      expect(await fault(url)).toContain(
        'signed by no authority that this system knows: set --ca to the PEM file',
      );
      expect(await fault(url, '--ca', at('ca.pem'))).toContain(
        'not for "127.0.0.1": use one of these names in --broker, or set --servername',
      );
      expect(await fault(url, ...good.slice(0, 4))).toContain(
        'wants a client certificate: set --cert and --key',
      );
      expect(await fault(mosquitto.url)).toMatch(/closed the connection|reset the connection/);
      const plain = track(await Mosquitto.start());
      expect(await fault(plain.url.replace('mqtt:', 'mqtts:'), ...good)).toMatch(
        /does not speak TLS|closed the connection|reset the connection/,
      );
      const run = await runIfcast(['--broker', url, ...good, '--json', '--once', '--timeout', '0.5']);
      expect(run).toMatchObject({ code: 124, stderr: expect.stringContaining('connected to mqtts://') });
    });

    test('a broker that speaks MQTT 3.1.1 alone', async () => {
      const aedes = await Aedes.createBroker();
      const server = createServer(aedes.handle).listen(0, '127.0.0.1');
      await once(server, 'listening');
      track({
        close: () => {
          aedes.close();
          server.close();
        },
      });
      const address = server.address();
      const url = `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
      const run = await runIfcast(['--broker', url, '--json', '--once', '--timeout', '2']);
      expect(run).toMatchObject({
        code: 124,
        stderr: expect.stringMatching(new RegExp(`^ifcast: connected to ${url}\\n`)),
      });
    });

    test('a websocket', async () => {
      const mosquitto = await broker();
      const port = await freePort();
      await mosquitto.stop();
      mosquitto.configure([`listener ${port} 127.0.0.1`, 'protocol websockets', 'allow_anonymous true']);
      await mosquitto.start();
      await fleet(mosquitto.url);
      expect(await runIfcast(['--broker', `ws://127.0.0.1:${port}/mqtt`, ...args])).toMatchObject({
        code: 0,
      });
    });

    test('a list of brokers: the next one is tried at once', async () => {
      const { url } = await broker();
      await fleet(url);
      const dead = `mqtt://127.0.0.1:${await freePort()}`;
      expect(await runIfcast(['--broker', dead, '--broker', url, ...args])).toMatchObject({ code: 0 });
    });

    test.each(['closes', 'resets', 'garbage', 'flapping'] as const)(
      'a broker of the kind «%s» is given up after --timeout',
      async (fault) => {
        const faulty = track(await FaultyBroker.start(fault));
        const run = await runIfcast(['--broker', faulty.url, '--json', '--once', '--timeout', '2.5']);
        expect([69, 124]).toContain(run.code);
        expect(run.stdout).toBe('');
        // Attempts have pauses between them.
        expect(faulty.connections).toBeLessThan(8);
      },
    );
  });
});

describe('recordings without a terminal', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ifcast-recordings-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  /** Two hosts, three interfaces, three broadcasts each. */
  function recorded(): string {
    const at = (second: number): string => new Date(Date.UTC(2026, 10, 21, 14, 3, second)).toISOString();
    const line = (second: number, event: object): string =>
      `${JSON.stringify({ schema: 1, at: at(second), ...event })}\n`;
    const stats = (host: string, iface: string, second: number): string =>
      line(second, {
        type: 'stats',
        host,
        iface,
        stats: {
          v: 1,
          ts: at(second),
          seq: second,
          interval_ms: 1000,
          since: at(0),
          dropped_total: 0,
          filters: [
            {
              id: 'all',
              packets_total: 1,
              bytes_total: 60,
              sizes_total: [1],
              packets_per_s: 1,
              bits_per_s: 480,
            },
          ],
        },
      });
    const interfaces = [
      ['gw-01', 'eth0'],
      ['gw-01', 'eth1'],
      ['gw-02', 'eth0'],
    ] as const;
    return [
      line(0, { type: 'connected', broker: 'mqtt://h' }),
      ...[1, 2, 3].flatMap((second) => interfaces.map(([host, iface]) => stats(host, iface, second))),
    ].join('');
  }

  function file(name: string, content: string | Buffer): string {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  }

  const PLAIN = ['--speed', 'max', '--json'];

  test('from a file, one of gzip, a pipe: the same lines', async () => {
    const plain = await runIfcast(['--replay', file('plain', recorded()), ...PLAIN]);
    expect(plain).toMatchObject({ code: 0, stderr: '' });
    expect(objects(plain)).toHaveLength(10);
    const zipped = file('zipped.gz', gzipSync(recorded()));
    expect((await runIfcast(['--replay', zipped, ...PLAIN])).stdout).toBe(plain.stdout);
    expect((await runIfcast(['--replay', '-', ...PLAIN], { input: recorded() })).stdout).toBe(plain.stdout);
  });

  test('--host chooses in a replay too', async () => {
    const replay = ['--replay', file('three', recorded()), ...PLAIN];
    const seen = async (host: string): Promise<unknown[]> => {
      const stats = objects(await runIfcast([...replay, '--host', host])).filter(
        ({ type }) => type === 'stats',
      );
      return [...new Set(stats.map((line) => `${String(line['host'])}/${String(line['iface'])}`))];
    };
    expect(await seen('gw-01')).toEqual(['gw-01/eth0', 'gw-01/eth1']);
    expect(await seen('gw-01/eth1')).toEqual(['gw-01/eth1']);
    const lines = await runIfcast([
      '--replay',
      replay[1]!,
      '--speed',
      'max',
      '--plain',
      '--host',
      'gw-02/eth0',
    ]);
    expect(lines.stdout.trimEnd().split('\n')).toHaveLength(4);
  });

  test('65: what is no recording, with its line and the reason', async () => {
    const path = file('text', 'hello\n');
    expect(await runIfcast(['--replay', path, '--json'])).toMatchObject({
      code: 65,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(`^ifcast: --replay: ${path}:1: .*; a recording is what --record or --json writes\n$`),
      ),
    });
    expect(await runIfcast(['--replay', '-', '--json'], { input: '' })).toMatchObject({ code: 65 });
  });

  test('73: a recording is not overwritten without --force', async () => {
    const path = file('precious', 'precious');
    const record = ['--broker', `mqtt://127.0.0.1:${await freePort()}`, '--json', '--once', '--record', path];
    expect(await runIfcast(record)).toMatchObject({
      code: 73,
      stderr: `ifcast: --record: "${path}" is there already: name another file, or overwrite it with --force\n`,
    });
    expect(readFileSync(path, 'utf8')).toBe('precious');
    expect(await runIfcast([...record, '--force'])).toMatchObject({ code: 69 });
    expect(readFileSync(path, 'utf8')).toMatch(/^\{"schema":1,/);
  });
});
