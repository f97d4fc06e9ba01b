import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { requirements } from '../support/requirements.ts';
import { Terminal } from '../support/terminal.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'ifcast-shells-'));
const env = { HOME: home, XDG_STATE_HOME: join(home, 'state'), LC_ALL: 'C.UTF-8', HISTFILE: '' };
afterAll(() => rmSync(home, { recursive: true }));

beforeAll(() => {
  mkdirSync(join(env.XDG_STATE_HOME, 'ifcast'), { recursive: true });
  // Not what this program writes, but what another one may: none of it may be run.
  const evil = ['$(touch ran)', '`touch ran`', 'edge-$(touch ran)', "edge-'", 'edge-02;touch ran'];
  const names = ['gw-01', 'gw-01/eth0', ...evil, 'edge-01'];
  writeFileSync(join(env.XDG_STATE_HOME, 'ifcast', 'hosts'), `${names.join('\n')}\n`);
});

let terminal: Terminal | null = null;
afterEach(async () => {
  await terminal?.close();
  terminal = null;
});

test('the completions are what the command lines make of them', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/completions.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

/** Types into a shell that reads the terminal, as a person would, and waits for what stands on the prompt's line then. */
async function types(shell: readonly [string, ...string[]], setUp: string, keys: string, line: string) {
  const [file, ...args] = shell;
  terminal = new Terminal(file, args, { columns: 120, rows: 10, env: { ...env, PS1: '% ', PROMPT: '%# ' } });
  terminal.send(`${setUp}; echo rea''dy\n`);
  await terminal.waitFor('ready');
  terminal.send(keys);
  await terminal.waitFor((text) => text.split('\n').some((shown) => shown.trimEnd().endsWith(line)));
}

/** What is typed before the tab, and what stands there after it. */
const TYPED = [
  ['ifcast --onc', 'ifcast --once'],
  ['ifcast --units=bits-', 'ifcast --units=bits-iec'],
  ['ifcast --units bits-', 'ifcast --units bits-iec'],
  ['ifcast --units=by', 'ifcast --units=bytes'],
  ['ifcast -H gw-01/', 'ifcast -H gw-01/eth0'],
  ['ifcast --host=gw-01/', 'ifcast --host=gw-01/eth0'],
  ['ifcast --host edge', 'ifcast --host edge-01'],
  ['ifcast --replay package.j', 'ifcast --replay package.json'],
  ['ifcastd doc', 'ifcastd doctor'],
] as const;

describe('bash', () => {
  const setUp = `cd '${root}'; bind 'set bell-style none'; source completions/ifcast.bash; source completions/ifcastd.bash`;
  test.each(TYPED)('%s', async (typed, line) => {
    await types(['bash', '--norc', '-i'], setUp, `${typed}\t`, line);
  });

  /** What bash would offer for the last of these words. */
  function offered(...words: string[]): string[] {
    const script = `
      source completions/${words[0]}.bash
      COMP_WORDS=("$@")
      COMP_CWORD=$(($# - 1))
      _${words[0]}
      printf '%s\\n' "\${COMPREPLY[@]}"
    `;
    const output = execFileSync('bash', ['-c', script, 'bash', ...words], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    return output.trim().split('\n');
  }

  test.each([
    [
      ['ifcast', '--units', '=', 'b'],
      ['bits', 'bytes', 'bits-iec', 'bytes-iec'],
    ],
    [
      ['ifcast', '--units', '='],
      ['bits', 'bytes', 'bits-iec', 'bytes-iec'],
    ],
    [
      ['ifcast', '--host', ''],
      ['gw-01', 'gw-01/eth0', 'edge-01'],
    ],
    [['ifcast', '--broker', ''], ['']],
    [
      ['ifcastd', '--hook', ''],
      ['socket', 'tcx', 'xdp'],
    ],
    [['ifcastd', 'count', '--ma'], ['--match']],
    [['ifcastd', 'count', '-r', 'package.j'], ['package.json']],
  ])('%j', (words, expected) => expect(offered(...words)).toEqual(expected));
});

describe.runIf(requirements('zsh'))('zsh', () => {
  const setUp = `cd '${root}'; fpath=('${root}completions' $fpath); autoload -Uz compinit; compinit -u -D; unsetopt beep`;
  test.each(TYPED)('%s', async (typed, line) => {
    await types(['zsh', '-f', '-i'], setUp, `${typed}\t`, line);
  });
});

describe.runIf(requirements('fish'))('fish', () => {
  /** What fish offers for a line. */
  function offered(line: string): string[] {
    const script = `source completions/ifcast.fish; source completions/ifcastd.fish; complete -C '${line}'`;
    const output = execFileSync('fish', ['--no-config', '-c', script], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    return output
      .trim()
      .split('\n')
      .map((offer) => offer.split('\t', 1)[0]!);
  }

  test.each([
    ['ifcast --rec', ['--record']],
    ['ifcast --units=bits-', ['--units=bits-iec']],
    ['ifcast --units b', ['bits', 'bits-iec', 'bytes', 'bytes-iec']],
    ['ifcast --host ', ['edge-01', 'gw-01', 'gw-01/eth0']],
    ['ifcast -H gw-01/', ['gw-01/eth0']],
    ['ifcast --replay package.j', ['package.json']],
    ['ifcastd doc', ['doctor']],
  ])('%s', (line, expected) => expect(offered(line).sort()).toEqual(expected));
});

test('a name that was kept is never run', () => {
  expect(execFileSync('ls', [root], { encoding: 'utf8' })).not.toMatch(/^ran$/m);
});
