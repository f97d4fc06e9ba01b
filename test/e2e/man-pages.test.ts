import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { requirements } from '../support/requirements.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function run(command: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, MANWIDTH: '80', LC_ALL: 'C.UTF-8' },
  });
  return { status, stdout, stderr };
}

test('the manual pages say what --help says', () => {
  expect(run(process.execPath, 'scripts/man.mjs', '--check')).toEqual({ status: 0, stdout: '', stderr: '' });
});

describe.runIf(requirements('man'))('man', () => {
  test.each(['man/ifcastd.8', 'man/ifcast.1'])('shows %s without a warning', (page) => {
    const { status, stdout, stderr } = run('man', '--warnings', '--encoding=UTF-8', '--local-file', page);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^NAME$/m);
    expect(stdout).toMatch(/^EXIT CODES$/m);
    expect(stdout).toMatch(/^ +-h, --help$/m);
  });
});
