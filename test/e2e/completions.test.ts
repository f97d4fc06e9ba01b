import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What bash would offer for the last of these words. */
function offered(...words: string[]): string[] {
  const script = `
    source completions/${words[0]}.bash
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _${words[0]}
    printf '%s\\n' "\${COMPREPLY[@]}"
  `;
  return execFileSync('bash', ['-c', script, 'bash', ...words], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n');
}

test('the completions are what the command lines make of them', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/completions.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

describe('in bash', () => {
  test.each([
    [['ifcast', '--rec'], ['--record']],
    [
      ['ifcast', '--units', ''],
      ['bits', 'bytes', 'bits-iec', 'bytes-iec'],
    ],
    [
      ['ifcast', '--units', 'by'],
      ['bytes', 'bytes-iec'],
    ],
    [['ifcast', '--replay', 'package.j'], ['package.json']],
    [['ifcast', '--host', ''], ['']],
    [['ifcastd', 'doc'], ['doctor']],
    [
      ['ifcastd', '--hook', ''],
      ['socket', 'tcx', 'xdp'],
    ],
    [['ifcastd', 'count', '--ma'], ['--match']],
    [['ifcastd', 'count', '-r', 'package.j'], ['package.json']],
  ])('%j', (words, expected) => expect(offered(...words)).toEqual(expected));
});
