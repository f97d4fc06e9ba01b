import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { connectAsync } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { Mosquitto } from '../support/mosquitto.ts';
import { createVethPair, type VethPair } from '../support/netns.ts';
import { requirements } from '../support/requirements.ts';
import { NOBODY, SharedProgram } from '../support/shared-program.ts';

let program: SharedProgram;
beforeAll(() => {
  program = new SharedProgram();
});
afterAll(() => program.remove());

let pair: VethPair | undefined;
let broker: Mosquitto | undefined;
afterEach(async () => {
  await pair?.close();
  await broker?.close();
});

interface Answer {
  readonly code: number | null;
  /** Verdict and text by subject. */
  readonly lines: ReadonlyMap<string, string>;
}

/** Runs the doctor, with only these capabilities where they are given. */
function doctor(args: readonly string[], capabilities?: readonly string[]): Answer {
  const command = [program.node, program.ifcastd, 'doctor', ...args];
  const confined =
    capabilities === undefined
      ? command
      : ['setpriv', ...only(capabilities), '--reuid', String(NOBODY), '--clear-groups', ...command];
  const { status, stdout } = spawnSync(confined[0]!, confined.slice(1), { encoding: 'utf8' });
  return answerOf(status, stdout);
}

/** The same without keeping this process from what it does meanwhile. */
async function doctorBeside(args: readonly string[]): Promise<Answer> {
  const { stdout } = await promisify(execFile)(program.node, [program.ifcastd, 'doctor', ...args]);
  return answerOf(0, stdout);
}

function answerOf(code: number | null, stdout: string): Answer {
  const lines = stdout.trimEnd().split('\n');
  return {
    code,
    lines: new Map(
      lines.map((line) => {
        const [, verdict, subject, text] = /^(\S+) +(.*?) {2,}(.*)$/.exec(line) ?? [];
        return [subject ?? '', `${verdict} ${text}`];
      }),
    ),
  };
}

function only(capabilities: readonly string[]): string[] {
  const set = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  return ['--inh-caps', set, '--ambient-caps', set, '--bounding-set', set];
}

describe.runIf(requirements('root', 'bpf', 'ip', 'ethtool', 'setpriv', 'mosquitto'))('ifcastd doctor', () => {
  test('finds all well for root, and names the offloads of the interface', async () => {
    pair = await createVethPair();
    const leave = pair.a.enter();
    try {
      const quiet = doctor(['-i', pair.a.iface, '-b', 'embedded']);
      expect(quiet.code).toBe(0);
      expect(quiet.lines.get('backend')).toBe('ok ebpf, hook = "socket"');
      for (const hook of ['socket', 'tcx', 'xdp']) expect(quiet.lines.get(`eBPF ${hook}`)).toMatch(/^ok/);
      expect(quiet.lines.get(`interface ${pair.a.iface}`)).toBe('ok up; link type EN10MB; 10000 Mbit/s');
      await pair.a.offloads(true);
      expect(doctor(['-i', pair.a.iface, '-b', 'embedded']).lines.get(`interface ${pair.a.iface}`)).toContain(
        'TSO, GSO, GRO on',
      );
      expect(doctor(['-i', 'absent0', '-b', 'embedded']).lines.get('interface absent0')).toContain(
        'would wait',
      );
    } finally {
      leave();
    }
  });

  test.each(['5', '3.1.1'])(
    'tells a broker that refuses what is published, with MQTT %s',
    async (version) => {
      broker = await Mosquitto.start();
      const config = join(broker.directory, 'ifcast.toml');
      writeFileSync(config, `host = "gw"\n[mqtt]\nurl = "${broker.url}"\nversion = "${version}"\n`);
      const args = ['-i', 'lo', '-c', config];
      expect(doctor(args).lines.get('publishing')).toBe('ok the broker takes what is published');
      await broker.stop();
      const acl = join(broker.directory, 'acl');
      writeFileSync(acl, 'topic readwrite ifcast/gw/status\n', { mode: 0o600 });
      broker.configure(['allow_anonymous true', `acl_file ${acl}`]);
      await broker.start();
      expect(doctor(args).lines.get('publishing')).toBe(
        'note the broker does not pass on ifcast/gw/lo/stats: allow the user to write and read it (docs/brokers.md, Login)',
      );
    },
  );

  test('says what the broker speaks, and whether Home Assistant is there', async () => {
    broker = await Mosquitto.start();
    const args = ['-i', 'lo', '-b', broker.url];
    expect(doctor(args).lines.get('broker')).toContain('speaks MQTT 5');
    expect(doctor(args).lines.get('Home Assistant')).toContain('note nothing is retained');
    const client = await connectAsync(broker.url);
    await client.publishAsync('homeassistant/status', 'online', { retain: true });
    await client.endAsync();
    expect(doctor(args).lines.get('Home Assistant')).toBe('ok says online on homeassistant/status');
    await broker.kill();
    const without = doctor(args);
    expect(without.lines.get('broker')).toContain('note cannot connect');
    expect(without.code).toBe(0);
  });

  test('says what is in the way of outputs and of the commands of triggers', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ifcast-doctor-'));
    const file = join(directory, 'ifcast.toml');
    const taken = createServer().listen(0, '127.0.0.1');
    try {
      await once(taken, 'listening');
      const { port } = taken.address() as AddressInfo;
      const configure = (listen: string, path: string, program: string) =>
        writeFileSync(
          file,
          `[prometheus]\nlisten = "${listen}"\n[socket]\npath = "${path}"\n[[trigger]]\nid = "x"\nfilter = "all"\ncommand = ["${program}"]\n`,
        );
      const args = ['-c', file, '-i', 'lo', '-b', 'embedded'];
      configure(`127.0.0.1:${port}`, '/proc/1/x/y.sock', '/no/such/program');
      // The taken port is this process's: the doctor must not wait for it, so it runs beside.
      const faulty = await doctorBeside(args);
      expect(faulty.code).toBe(0);
      expect(faulty.lines.get('output prometheus')).toBe(
        `note another program listens on 127.0.0.1:${port}: end it, or give prometheus.listen another port; counting would go on`,
      );
      expect(faulty.lines.get('trigger x')).toBe(
        'note there is no /no/such/program: install it, or name the right path',
      );
      taken.close();
      await once(taken, 'close');
      configure(`127.0.0.1:${port}`, `${directory}/run/x.sock`, '/bin/true');
      const right = await doctorBeside(args);
      expect(right.lines.get('output prometheus')).toBe('ok it would work');
      expect(right.lines.get('output socket')).toBe('ok it would work');
      expect(right.lines.get('trigger x')).toBe('ok would run /bin/true');
      chmodSync(directory, 0o755);
      chmodSync(file, 0o644);
      const confined = doctor(args, ['net_raw', 'bpf']);
      expect(confined.lines.get('output socket')).toContain(
        `note no socket can be made at ${directory}/run/x.sock: EACCES`,
      );
    } finally {
      taken.close();
      rmSync(directory, { recursive: true });
    }
  });

  test.each([
    [['bpf', 'net_raw'], 0, 'ok ebpf'],
    [['net_raw'], 0, 'note cap; not counted in the kernel'],
    [['bpf'], 77, 'FAIL cap needs CAP_NET_RAW'],
    [[], 77, 'FAIL cap needs CAP_NET_RAW'],
  ])('with %j it ends as the daemon would: %d', (capabilities, code, text) => {
    const answer = doctor(['-i', 'lo', '-b', 'embedded'], capabilities);
    expect(answer.lines.get('backend')).toContain(text);
    expect(answer.code).toBe(code);
    const grant = `sudo setcap cap_bpf,cap_net_raw+ep ${realpathSync(process.execPath)}`;
    expect(answer.lines.get('capabilities')?.endsWith(grant)).toBe(capabilities.length < 2);
  });
});
