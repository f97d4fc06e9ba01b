import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { createVethPair, type VethPair } from '../support/netns.ts';
import { packetMix } from '../support/packet-mix.ts';
import { until } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { NOBODY, SharedProgram } from '../support/shared-program.ts';
import { sendFrames } from '../support/tcpdump.ts';

const FRAMES = packetMix();
const NEEDED = {
  socket: ['CAP_BPF', 'CAP_NET_RAW'],
  tcx: ['CAP_BPF', 'CAP_NET_ADMIN'],
  xdp: ['CAP_BPF', 'CAP_NET_ADMIN'],
} as const;
const HOOKS = Object.keys(NEEDED) as (keyof typeof NEEDED)[];
const possible = requirements('root', 'bpf', 'ip', 'setpriv', 'tcpreplay', 'mosquitto_sub', 'ethtool');

interface Started {
  readonly child: ChildProcess;
  readonly log: () => string;
  readonly exit: Promise<number | null>;
}

describe.runIf(possible)('ifcastd with few capabilities', () => {
  let pair: VethPair;
  let directory: string;
  let program: SharedProgram;

  beforeAll(() => {
    program = new SharedProgram();
  });
  afterAll(() => program.remove());
  beforeEach(async () => {
    pair = await createVethPair();
    directory = mkdtempSync(join(tmpdir(), 'ifcast-privileges-'));
    chmodSync(directory, 0o755);
  });
  afterEach(async () => {
    await pair.close();
    rmSync(directory, { recursive: true });
  });

  /** Starts the daemon in the namespace, as a user who has these capabilities and no others. */
  function start(
    keys: string,
    capabilities: readonly string[],
    filters = '[[filter]]\nid = "all"\n',
  ): Started {
    const set = ['-all', ...capabilities.map((name) => `+${name.replace('CAP_', '').toLowerCase()}`)].join(
      ',',
    );
    const limits = [`--inh-caps=${set}`, `--ambient-caps=${set}`, `--bounding-set=${set}`];
    return run(keys, filters, [
      ...['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'],
      ...limits,
    ]);
  }

  function run(keys: string, filters: string, wrapper: readonly string[]): Started {
    const config = join(directory, 'ifcast.toml');
    const text = `host = "h"\ninterface = "${pair.b.iface}"\ndelay_ms = 100\n${keys}\n[mqtt]\nurl = "embedded"\n${filters}`;
    writeFileSync(config, text);
    const [command, ...args] = [...wrapper, program.node, program.ifcastd, '-c', config];
    const child = pair.b.spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        log += String(chunk);
      });
    }
    const exit = once(child, 'exit').then(([code]) => code as number | null);
    return { child, log: () => log, exit };
  }

  async function counting({ log }: Started): Promise<void> {
    await until(`counting: ${log()}`, () => log().includes(`${pair.b.iface}: counting`));
    await until(`a broker: ${log()}`, () => log().includes('embedded broker on'));
  }

  async function stats(): Promise<{ filters: { packets_total: number }[] }> {
    const topic = 'ifcast/h/+/stats';
    return JSON.parse(
      await pair.b.exec('mosquitto_sub', '-h', '127.0.0.1', '-t', topic, '-C', '1', '-W', '10'),
    );
  }

  test.each(HOOKS)('counts on hook %s with exactly what it needs', async (hook) => {
    const started = start(`backend = "ebpf"\nhook = "${hook}"`, NEEDED[hook]);
    await counting(started);
    await sendFrames(pair.a, FRAMES);
    await expect
      .poll(async () => (await stats()).filters[0]!.packets_total, { timeout: 10_000 })
      .toBe(FRAMES.length);
    started.child.kill('SIGTERM');
    expect(await started.exit).toBe(0);
  });

  const lacking = HOOKS.flatMap((hook) => NEEDED[hook].map((missing) => ({ hook, missing })));
  test.each(lacking)('names $missing when it is all that hook $hook lacks', async ({ hook, missing }) => {
    const held = NEEDED[hook].filter((name) => name !== missing);
    const started = start(`backend = "ebpf"\nhook = "${hook}"`, held);
    expect(await started.exit).toBe(77);
    expect(started.log()).toContain(`${missing} is missing`);
    for (const name of held) expect(started.log()).not.toContain(name);
  });

  test('goes over to cap and says why when only eBPF is not allowed', async () => {
    const started = start('backend = "auto"', ['CAP_NET_RAW']);
    await counting(started);
    expect(started.log()).toContain('CAP_BPF is missing');
    await sendFrames(pair.a, FRAMES);
    await expect
      .poll(async () => (await stats()).filters[0]!.packets_total, { timeout: 10_000 })
      .toBe(FRAMES.length);
  });

  test('names what vlan in a filter needs on tcx', async () => {
    const filters = '[[filter]]\nid = "tagged"\nmatch = "vlan 5"\n';
    const started = start('backend = "ebpf"\nhook = "tcx"', NEEDED.tcx, filters);
    expect(await started.exit).toBe(77);
    expect(started.log()).toContain('filter "tagged" asks for vlan');
    expect(started.log()).toContain('CAP_NET_RAW is missing');
  });

  test('as root it keeps what it needs, in every thread, and nothing else', async () => {
    const started = run('backend = "ebpf"', '[[filter]]\nid = "all"\n', ['env']);
    await counting(started);
    const tasks = execFileSync('ls', [`/proc/${started.child.pid}/task`], { encoding: 'utf8' })
      .trim()
      .split('\n');
    for (const task of tasks) {
      const status = readFileSync(`/proc/${started.child.pid}/task/${task}/status`, 'utf8');
      // CAP_BPF is bit 39, CAP_NET_RAW bit 13.
      for (const set of ['CapPrm', 'CapEff', 'CapBnd']) expect(status).toContain(`${set}:\t0000008000002000`);
    }
    started.child.kill('SIGTERM');
    expect(await started.exit).toBe(0);
  });

  test("as root it keeps reading too where the configuration is another user's, and says so", async () => {
    const config = join(directory, 'ifcast.toml');
    writeFileSync(config, '');
    chownSync(config, NOBODY, NOBODY);
    chmodSync(config, 0o600);
    const started = run('backend = "cap"', '[[filter]]\nid = "all"\n', ['env']);
    await counting(started);
    expect(started.log()).toContain('CAP_DAC_READ_SEARCH is kept');
    // CAP_NET_RAW and bit 2.
    expectCapabilities(started, '0000000000002004');
  });

  test('as root with cap it keeps CAP_NET_RAW alone', async () => {
    const started = run('backend = "cap"', '[[filter]]\nid = "all"\n', ['env']);
    await counting(started);
    expectCapabilities(started, '0000000000002000');
  });

  test("as root it counts from another user's home, with cap and as many privileges as reading it takes", async () => {
    program.giveTo(NOBODY);
    const started = run('backend = "cap"', '[[filter]]\nid = "all"\nmatch = "ip or not ip"\n', ['env']);
    await counting(started);
    expect(started.log()).toContain('CAP_DAC_READ_SEARCH is kept');
    expectCapabilities(started, '0000000000002004');
    await sendFrames(pair.a, FRAMES);
    await expect
      .poll(async () => (await stats()).filters[0]!.packets_total, { timeout: 10_000 })
      .toBe(FRAMES.length);
  });
});

function expectCapabilities({ child }: Started, bits: string): void {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  for (const set of ['CapPrm', 'CapEff', 'CapBnd']) expect(status).toContain(`${set}:\t${bits}`);
}
