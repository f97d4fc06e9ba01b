import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { requirements } from '../support/requirements.ts';

const PROGRAM = fileURLToPath(new URL('../../packages/daemon/bin/ifcastd.js', import.meta.url));
const CONFIG = 'interface = "lo"\n[mqtt]\nurl = "embedded"\n';
const NOBODY = 65_534;
const BITS = { net_admin: 12n, net_raw: 13n, bpf: 39n } as const;
type Capability = keyof typeof BITS;

let directory: string;
let config: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ifcast-privileges-'));
  chmodSync(directory, 0o755);
  config = join(directory, 'ifcast.toml');
  writeFileSync(config, CONFIG);
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(directory, { recursive: true });
});

/** What setpriv(1) has to be told for a user with exactly these capabilities. */
function asUserWith(capabilities: readonly Capability[]): string[] {
  const set = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  return [
    '--reuid',
    String(NOBODY),
    '--clear-groups',
    '--inh-caps',
    set,
    '--ambient-caps',
    set,
    '--bounding-set',
    set,
  ];
}

/** Starts the daemon and waits until it has said a line. */
async function start(
  setpriv: readonly string[],
  args: readonly string[],
  line: string,
): Promise<{ child: ChildProcess; log: string }> {
  const child = spawn('setpriv', [...setpriv, process.execPath, PROGRAM, '-c', config, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes(line)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`ifcastd ended with ${code}:\n${log}`)));
  });
  return { child, log };
}

/** CapPrm, CapEff and CapBnd of a process. */
function capabilitySets(child: ChildProcess): bigint[] {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return ['CapPrm', 'CapEff', 'CapBnd'].map((set) =>
    BigInt(`0x${new RegExp(`${set}:\\s*(\\w+)`).exec(status)?.[1]}`),
  );
}

function bits(...capabilities: readonly Capability[]): bigint {
  return capabilities.reduce((sum, name) => sum | (1n << BITS[name]), 0n);
}

describe.runIf(requirements('root', 'bpf', 'setpriv'))('privileges', () => {
  test.each([
    [['--backend', 'ebpf'], bits('bpf', 'net_raw')],
    [['--backend', 'cap'], bits('net_raw')],
    [['--backend', 'ebpf', '--hook', 'tcx'], bits('bpf', 'net_raw', 'net_admin')],
  ])('root gives up all but what %j needs', async (args, kept) => {
    const { child } = await start([], args, 'lo: counting');
    expect(capabilitySets(child)).toEqual([kept, kept, kept]);
  });

  test('root keeps all where it could not read its configuration again, and says so', async () => {
    chownSync(config, NOBODY, NOBODY);
    chmodSync(config, 0o600);
    const { child, log } = await start([], [], 'lo: counting');
    expect(log).toContain('all privileges of root are kept');
    expect(capabilitySets(child)[1]).not.toBe(bits('bpf', 'net_raw'));
  });

  test.each<[string, Capability[]]>([
    ['socket', ['bpf', 'net_raw']],
    ['tcx', ['bpf', 'net_admin']],
    ['xdp', ['bpf', 'net_admin']],
  ])(
    'a user with exactly the capabilities of %s counts; without one of them it is named, with exit 77',
    async (hook, needed) => {
      await start(asUserWith(needed), ['--backend', 'ebpf', '--hook', hook], 'lo: counting');
      for (const missing of needed) {
        const held = needed.filter((name) => name !== missing);
        const { status, stderr } = spawnSync(
          'setpriv',
          [...asUserWith(held), process.execPath, PROGRAM, '-c', config, '--backend', 'ebpf', '--hook', hook],
          { encoding: 'utf8' },
        );
        expect(stderr).toContain(`CAP_${missing.toUpperCase()} is missing`);
        expect(status).toBe(77);
      }
    },
  );

  test('auto falls back to cap, saying why', async () => {
    const { log } = await start(asUserWith(['net_raw']), [], 'lo: counting');
    expect(log).toContain('not counted in the kernel');
    expect(log).toContain('CAP_BPF is missing');
  });
});
