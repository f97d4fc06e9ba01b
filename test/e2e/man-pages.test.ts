import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { COMMON_KEYS } from '../../packages/tui/src/input/common-keys.ts';
import { INTERFACE_KEYS } from '../../packages/tui/src/input/interface-keys.ts';
import { LIST_KEYS } from '../../packages/tui/src/input/list-keys.ts';
import { REPLAY_KEYS } from '../../packages/tui/src/input/replay-keys.ts';
import { STATE_WORDS } from '../../packages/tui/src/store/liveness.ts';
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

  test('has the keys, states, files and examples of the dashboard', () => {
    const { stdout } = run(
      'man',
      '--no-hyphenation',
      '--no-justification',
      '--encoding=UTF-8',
      '--local-file',
      'man/ifcast.1',
    );
    for (const title of ['KEYS', 'STATES', 'FILES', 'EXAMPLES'])
      expect(stdout).toMatch(new RegExp(`^${title}$`, 'm'));
    for (const { bindings } of [COMMON_KEYS, INTERFACE_KEYS, LIST_KEYS, REPLAY_KEYS]) {
      for (const { help } of bindings) expect(stdout.replace(/\s+/g, ' ')).toContain(help);
    }
    for (const word of Object.values(STATE_WORDS))
      expect(stdout).toMatch(new RegExp(`^ +\\S ${word}( |$)`, 'm'));
  });
});
