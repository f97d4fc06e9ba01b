import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { requirements } from '../support/requirements.ts';
import { SharedProgram } from '../support/shared-program.ts';

const SAMPLE = 'config/examples/sample.pcap';
const REMEDY = 'apt-get install g++ libpcap-dev make python3';

let program: SharedProgram;
beforeAll(() => {
  program = new SharedProgram();
  rmSync(join(program.directory, 'node_modules/cap'), { recursive: true });
});
afterAll(() => program.remove());

function ifcastd(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  // pnpm's shims name its own folder there, where cap is.
  const env = { ...process.env, NODE_PATH: undefined };
  return spawnSync(program.node, [program.ifcastd, ...args], { encoding: 'utf8', env, timeout: 20_000 });
}

describe('ifcastd where cap was not compiled', () => {
  test('counts a capture file', () => {
    const { status, stdout } = ifcastd('count', '-r', SAMPLE, '--match', 'all=');
    expect(status).toBe(0);
    expect(stdout).toContain('all');
  });

  test('says at once what backend = "cap" lacks, in one line with the remedy', () => {
    const { status, stderr } = ifcastd('--backend', 'cap', '-i', 'lo', '-b', 'embedded');
    expect(status).toBe(69);
    const fault = stderr.split('\n').filter((line) => line.includes('package cap'));
    expect(fault.length).toBe(1);
    expect(fault[0]).toContain(REMEDY);
  });

  test.runIf(requirements('root', 'bpf'))('finds all well but cap', () => {
    const { status, stdout } = ifcastd('doctor', '-i', 'lo', '-b', 'embedded');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^note {2}cap .*apt-get install g\+\+/m);
    expect(stdout).toMatch(/^ok {4}backend +ebpf/m);
  });
});
