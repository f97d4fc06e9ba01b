/** The built ifcastd as its users start it: arguments, exit codes, signals, systemd. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { notifyServiceManager } from '../../packages/daemon/src/sys/notify.ts';
import { Ifcastd } from '../support/ifcastd.ts';
import { NotifyReceiver } from '../support/notify-receiver.ts';
import { requirements } from '../support/requirements.ts';

const PROGRAM = fileURLToPath(new URL('../../packages/daemon/bin/ifcastd.js', import.meta.url));
const WAIT = { timeout: 15_000, interval: 20 };

let directory: string;
let daemon: Ifcastd | undefined;
let receiver: NotifyReceiver | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ifcast-command-line-'));
});
afterEach(async () => {
  await daemon?.close();
  await receiver?.close();
  daemon = undefined;
  receiver = undefined;
  rmSync(directory, { recursive: true });
});

function ifcastd(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    cwd: directory,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function write(text: string | Uint8Array): string {
  writeFileSync(join(directory, 'c.toml'), text);
  return 'c.toml';
}

describe('check and init', () => {
  test('what init prints is right', () => {
    const { stdout, status } = ifcastd('init');
    expect(status).toBe(0);
    expect(ifcastd('check', '-c', write(stdout))).toEqual({
      status: 0,
      stderr: '',
      stdout: [
        'ID    NAME                 EXPRESSION',
        'all   All packets          (every packet)',
        'web   Web                  port 80 or port 443',
        'dns   DNS                  port 53 or port 853',
        'icmp  Ping and other ICMP  icmp or icmp6',
        'arp   ARP                  arp',
        'c.toml is right\n',
      ].join('\n'),
    });
  });

  test('the faults of the file and those that libpcap finds come together, in the order of the file', () => {
    const file = write(`
delay_ms = 1
[[filter]]
id = "a"
match = "tcp prot 80"
[[filter]]
id = "b"
port = 70000
[[filter]]
id = "c"
proto = "icmp"
src_ip = "2001:db8::1"
`);
    const { status, stdout, stderr } = ifcastd('check', '-c', file);
    expect(status).toBe(78);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^c\.toml:2:12: delay_ms: 1 is not a number of milliseconds from 100 to 3600000$/,
      ),
      expect.stringMatching(
        /^c\.toml:5:9: filter\[0\]\.match: libpcap refuses the expression of filter "a": .*syntax error.* \(tcp prot 80\)$/,
      ),
      expect.stringMatching(/^c\.toml:8:8: filter\[1\]\.port: 70000 is not a port /),
      expect.stringMatching(
        /^c\.toml:9:1: filter\[2\]: libpcap refuses the expression of filter "c": .* \(icmp and src host 2001:db8::1\)$/,
      ),
    ]);
  });

  test('what import makes of a filter file of bpfcountd is right, and what it leaves out is told', () => {
    const file = join(directory, 'filters');
    writeFileSync(file, '# mine\r\nmac;ether src $MAC\r\nodd;tcp port 80 or\n1;a\n2;b\n3;c\n4;d\n');
    const { status, stdout, stderr } = ifcastd('import', file);
    expect(status).toBe(0);
    expect(stderr).toBe(
      `ifcastd: ${file}: line 7 is left out: "4" would be filter 6, and at most 5 are counted\n`,
    );
    writeFileSync(join(directory, 'imported.toml'), stdout);
    const checked = ifcastd('check', '-c', join(directory, 'imported.toml'));
    expect(checked.stderr).toContain('libpcap refuses the expression of filter "odd"');
    expect(ifcastd('import', join(directory, 'absent')).status).toBe(78);
    expect(ifcastd('import', '/dev/zero').stderr).toContain('/dev/zero is no filter file');
  });

  test('no file', () => {
    expect(ifcastd('check', '-c', 'absent.toml')).toEqual({
      status: 78,
      stdout: '',
      stderr:
        'absent.toml: the configuration cannot be read: there is no such file; "ifcastd init" prints one to begin with\n',
    });
  });

  test('of very many faults the first are shown', () => {
    const file = write(Array.from({ length: 5_000 }, (_, index) => `k${index} = 0`).join('\n'));
    const lines = ifcastd('check', '-c', file).stderr.trim().split('\n');
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)).toBe('ifcastd: and 4950 more faults');
  });

  test('nothing in a file puts a control character on the terminal or runs a command', () => {
    const hostile = '\u001b]52;c;cm0=\u0007\u202e$(touch ran)`touch ran`';
    const file = write(
      `"${JSON.stringify(hostile).slice(1, -1)}" = 1\nhost = ${JSON.stringify(hostile)}\n[[filter]]\nid = ${JSON.stringify(hostile)}\nmatch = ${JSON.stringify(`tcp ${hostile.slice(14)}`)}\n`,
    );
    const { status, stderr } = ifcastd('check', '-c', file);
    expect(status).toBe(78);
    expect(stderr).toMatch(/^[^\p{Cc}\u202e]+$/mu);
    expect(stderr.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(() => rmSync(join(directory, 'ran'))).toThrow('ENOENT');
  });

  test('a reader that closes early is no fault', () => {
    const { stdout, stderr, status } = spawnSync(
      'bash',
      ['-o', 'pipefail', '-c', `"$0" "$1" init | head -n 1`, process.execPath, PROGRAM],
      { encoding: 'utf8' },
    );
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toBe('# The configuration of ifcastd: every key, with its default.\n');
  });
});

describe('exit codes', () => {
  test.each<[args: string[], code: number]>([
    [['--version'], 0],
    [['count', '--help'], 0],
    [['--no-such-option'], 64],
    [['no-such-command'], 64],
    [['count', '-r', 'x', '--match', 'a'], 64],
    [['count', '-r', 'absent.pcap'], 69],
    [['-c', 'absent.toml'], 78],
  ])('%j is %i', (args, code) => {
    const { status, stderr } = ifcastd(...args);
    expect(status).toBe(code);
    expect(stderr.split('\n')).toHaveLength(code === 0 ? 1 : 2);
  });
});

test('an expression that libpcap refuses is told with where it came from', () => {
  // An empty capture file: 24 bytes of header, LINKTYPE_ETHERNET.
  const header = [0xa1b2c3d4, 0x00040002, 0, 0, 65_535, 1];
  writeFileSync(join(directory, 'empty.pcap'), Buffer.from(Uint32Array.from(header).buffer));
  const count = (...args: string[]) => ifcastd('count', '-r', 'empty.pcap', ...args);
  expect(count('-m', 'a=tcp', '-m', 'b=')).toMatchObject({ status: 0, stderr: '' });
  expect(count('-m', 'a=tcp prot')).toMatchObject({
    status: 64,
    stderr: expect.stringMatching(/^ifcastd: --match: filter "a": .*syntax error/),
  });
  expect(count('-c', write('[[filter]]\nid = "a"\nmatch = "tcp prot"\n'))).toMatchObject({
    status: 78,
    stderr: expect.stringMatching(/^c\.toml:3:9: filter\[0\]\.match: libpcap refuses .*syntax error/),
  });
});

test.runIf(requirements('root', 'unshare'))('says that /proc is not mounted', () => {
  const script = 'mount -t tmpfs none /proc && exec "$0" "$@"';
  const { status, stderr } = spawnSync(
    'unshare',
    ['--mount', 'sh', '-c', script, process.execPath, PROGRAM, '--interface', 'lo', '--broker', 'embedded'],
    { encoding: 'utf8' },
  );
  expect([status, stderr]).toEqual([69, 'ifcastd: /proc is not mounted: mount -t proc proc /proc\n']);
});

describe.runIf(requirements('root', 'python3'))('a run', () => {
  const CONFIG = 'interface = "lo"\nbackend = "cap"\n[mqtt]\nurl = "embedded"\n[[filter]]\nid = "all"\n';

  async function start(
    env: Readonly<Record<string, string>> = {},
    config: string = CONFIG,
  ): Promise<Ifcastd> {
    daemon = new Ifcastd({ config, env });
    const { child } = daemon;
    await vi
      .waitFor(() => expect(daemon?.log).toMatch(/connected to/), WAIT)
      .catch((error: unknown) => {
        throw new Error(`ifcastd (${child.exitCode ?? 'running'}) says: ${daemon?.log}`, { cause: error });
      });
    return daemon;
  }

  test('ends with 0 on SIGTERM and on SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const running = await start();
      expect(await running.end(signal)).toEqual({ code: 0, signal: null });
      await running.close();
    }
  });

  test('an expression that libpcap refuses is told with its place, exit 78', async () => {
    const { status, stderr } = ifcastd('-c', write(`${CONFIG}match = "tcp prot 80"\n`));
    expect(status).toBe(78);
    expect(stderr).toMatch(/^c\.toml:7:9: filter\[0\]\.match: libpcap refuses .*syntax error/m);
  });

  test('reads its configuration again on SIGHUP: valid, invalid, refused by libpcap, missing', async () => {
    const running = await start();
    const hangUp = async (text: string | null, said: RegExp): Promise<void> => {
      if (text === null) rmSync(running.configFile);
      else writeFileSync(running.configFile, text);
      const before = running.log.length;
      running.child.kill('SIGHUP');
      await vi.waitFor(() => expect(running.log.slice(before)).toMatch(said), WAIT);
    };
    await hangUp(
      `log_level = "debug"\n${CONFIG}name = "All"\n`,
      /info: the configuration has been read again\n/,
    );
    await hangUp(
      `${CONFIG}port = 70000\nip = "x"\n`,
      /error: the configuration stays as it was: \S+ifcast\.toml:7:8: filter\[0\]\.port: 70000 is not .* \(and 1 more fault\)\n/,
    );
    await hangUp(
      `${CONFIG}match = "tcp prot 80"\n`,
      /error: the configuration stays as it was: \S+ifcast\.toml:7:9: filter\[0\]\.match: libpcap refuses .*syntax error/,
    );
    await hangUp(null, /error: the configuration stays as it was: \S+ifcast\.toml: .*there is no such file/);
    expect(await running.end()).toEqual({ code: 0, signal: null });
  });

  test('a fault of the program is one line and exit 1', async () => {
    const fault = "process.on('SIGHUP', () => { throw new Error('boom'); })";
    const running = await start({
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(fault)}`,
    });
    expect(await running.end('SIGHUP')).toEqual({ code: 1, signal: null });
    expect(running.log).toMatch(/^ifcastd: bug: boom \(--debug tells where\)\n$/m);
    expect(running.log).not.toContain('    at ');
  });

  test('tells systemd when it is ready, reloading, alive and stopping', async () => {
    const socket = join(directory, 'notify');
    receiver = await NotifyReceiver.listen(socket);
    const { messages } = receiver;
    const running = await start({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '100000' });
    await vi.waitFor(() => expect(messages).toContain('WATCHDOG=1'), WAIT);
    const others = (): string[] => messages.filter((message) => !/^(WATCHDOG|STATUS)=/.test(message));
    expect(others()).toEqual([expect.stringMatching(/^READY=1\nSTATUS=counting /)]);

    running.child.kill('SIGHUP');
    await vi.waitFor(() => expect(others()).toHaveLength(3), WAIT);
    expect(others()[1]).toMatch(/^RELOADING=1\nMONOTONIC_USEC=\d+$/);
    expect(others()[2]).toMatch(/^READY=1\nSTATUS=counting /);

    writeFileSync(running.configFile, 'x = 1');
    running.child.kill('SIGHUP');
    await vi.waitFor(() => expect(others()).toHaveLength(5), WAIT);
    expect(others()[4]).toMatch(
      /^READY=1\nSTATUS=counting .*; the new configuration is refused: .*:1:1: x: /,
    );

    await running.end();
    await vi.waitFor(() => expect(others().at(-1)).toBe('STOPPING=1'), WAIT);
  });

  test('names to systemd the broker that it cannot reach', async () => {
    const socket = join(directory, 'notify');
    receiver = await NotifyReceiver.listen(socket);
    const { messages } = receiver;
    const config = CONFIG.replace('embedded', 'mqtt://127.0.0.1:1');
    daemon = new Ifcastd({ config, env: { NOTIFY_SOCKET: socket } });
    const unreachable = /^STATUS=counting lo; mqtt waiting: cannot connect to mqtt:\/\/127\.0\.0\.1:1: /;
    await vi.waitFor(() => expect(messages).toContainEqual(expect.stringMatching(unreachable)), WAIT);
  });
});

test('what goes to the journal has its priority', () => {
  const script = 'JOURNAL_STREAM="$(stat -c %d:%i log)" exec "$0" "$1" -c absent.toml 2> log';
  const options = { cwd: directory, encoding: 'utf8' } as const;
  spawnSync('sh', ['-c', `: > log; ${script}`, process.execPath, PROGRAM], options);
  expect(readFileSync(join(directory, 'log'), 'utf8')).toMatch(/^<3>absent\.toml: /);
});

describe.runIf(requirements('python3'))('notifyServiceManager', () => {
  test.each(['path', 'abstract name'])('reaches a socket: its %s', async (kind) => {
    const path = kind === 'path' ? join(directory, 'notify') : `@ifcast-test-${process.pid}`;
    receiver = await NotifyReceiver.listen(path);
    const { messages } = receiver;
    expect(notifyServiceManager(['READY=1', 'STATUS=counts 5 filters,\nü'], { NOTIFY_SOCKET: path })).toBe(
      true,
    );
    notifyServiceManager(['WATCHDOG=1'], { NOTIFY_SOCKET: path });
    await vi.waitFor(
      () => expect(messages).toEqual(['READY=1\nSTATUS=counts 5 filters, ü', 'WATCHDOG=1']),
      WAIT,
    );
  });
});
