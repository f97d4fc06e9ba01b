import { spawnSync } from 'node:child_process';

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
  const lines = stdout.trimEnd().split('\n');
  return {
    code: status,
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

  test.each([
    [['bpf', 'net_raw'], 0, 'ok ebpf'],
    [['net_raw'], 0, 'note cap; not counted in the kernel'],
    [['bpf'], 77, 'FAIL cap needs CAP_NET_RAW'],
    [[], 77, 'FAIL cap needs CAP_NET_RAW'],
  ])('with %j it ends as the daemon would: %d', (capabilities, code, text) => {
    const answer = doctor(['-i', 'lo', '-b', 'embedded'], capabilities);
    expect(answer.lines.get('backend')).toContain(text);
    expect(answer.code).toBe(code);
  });
});
