import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { requirements } from '../support/requirements.ts';

const UNIT = fileURLToPath(new URL('../../config/systemd/ifcastd.service', import.meta.url));

function analyze(...args: string[]): { readonly status: number | null; readonly said: string } {
  const env = { ...process.env, SYSTEMD_COLORS: '0', LC_ALL: 'C.UTF-8' };
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8', env });
  return { status, said: `${stdout}${stderr}` };
}

describe.runIf(requirements('systemd-analyze'))('the systemd unit', () => {
  test('is exposed to 2.0 of 10 at most', () => {
    const { status, said } = analyze('security', '--offline=true', '--threshold=20', UNIT);
    const exposure = /Overall exposure level for ifcastd\.service: ([0-9.]+)/.exec(said)?.[1];
    expect(Number(exposure)).toBeLessThanOrEqual(2.0);
    expect(status).toBe(0);
  });

  test('has nothing in it that systemd does not understand', () => {
    const directory = mkdtempSync(join(tmpdir(), 'ifcast-unit-'));
    try {
      // With a program and a manual that are there: this machine may have neither.
      const unit = readFileSync(UNIT, 'utf8')
        .replace('/usr/local/bin/ifcastd', '/bin/true')
        .replace('man:ifcastd(8)', 'https://example.org/');
      const copy = join(directory, 'ifcastd.service');
      writeFileSync(copy, unit);
      const { status, said } = analyze('verify', copy);
      expect(said).toBe('');
      expect(status).toBe(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('is as the documentation says', () => {
    const { said } = analyze('security', '--offline=true', UNIT);
    const documentation = readFileSync(
      fileURLToPath(new URL('../../docs/systemd.md', import.meta.url)),
      'utf8',
    );
    const exposure = /Overall exposure level for ifcastd\.service: ([0-9.]+)/.exec(said)?.[1];
    expect(documentation).toContain(`rates the unit ${exposure} of 10`);
  });
});
