import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { requirements } from '../support/requirements.ts';

const UNIT = fileURLToPath(new URL('../../config/systemd/ifcastd.service', import.meta.url));

const DOCUMENTATION = readFileSync(new URL('../../docs/systemd.md', import.meta.url), 'utf8');

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

  /** What systemd says of the unit, or of an instance of it, with a drop-in. */
  function verify(name: string, dropIn: string): ReturnType<typeof analyze> {
    const directory = mkdtempSync(join(tmpdir(), 'ifcast-unit-'));
    try {
      // With a program and a manual that are there: this machine may have neither.
      const present = (text: string): string =>
        text
          .replaceAll('/usr/local/bin/ifcastd', '/bin/true')
          .replace('man:ifcastd(8)', 'https://example.org/');
      writeFileSync(join(directory, name), present(readFileSync(UNIT, 'utf8')));
      mkdirSync(join(directory, `${name}.d`));
      writeFileSync(join(directory, `${name}.d`, 'override.conf'), present(dropIn));
      return analyze('verify', join(directory, name.replace('@', '@instance')));
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  test('has nothing in it that systemd does not understand', () => {
    expect(verify('ifcastd.service', '')).toEqual({ status: 0, said: '' });
    for (const name of ['ifcastd.service', 'ifcastd@.service']) {
      expect(verify(name, '[Service]\nNoSuchKey=1\n').said).toContain('NoSuchKey');
    }
  });

  const dropIns = [...DOCUMENTATION.matchAll(/```ini\n# (\S+\.service)\n([^`]*)```/g)];
  test('has drop-ins in the documentation', () => {
    expect(dropIns.map(([, name]) => name)).toContain('ifcastd@.service');
    expect(DOCUMENTATION.match(/```ini/g)).toHaveLength(dropIns.length);
  });
  test.each(dropIns.map(([, name, text]) => [name!, text!]))(
    'understands what is added to %s:\n%s',
    (name, text) => {
      expect(verify(name, text)).toEqual({ status: 0, said: '' });
    },
  );

  test('is as the documentation says', () => {
    const { said } = analyze('security', '--offline=true', UNIT);
    const exposure = /Overall exposure level for ifcastd\.service: ([0-9.]+)/.exec(said)?.[1];
    expect(DOCUMENTATION).toContain(`rates the unit ${exposure} of 10`);
  });
});
