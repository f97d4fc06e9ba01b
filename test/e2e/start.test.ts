import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { afterEach, describe, expect, test } from 'vitest';

import { requirements } from '../support/requirements.ts';
import { Terminal } from '../support/terminal.ts';

const START = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));
/** Everything but CAP_NET_RAW and what goes round it. */
const WITHOUT_CAPTURE = ['--bounding-set', '-net_raw,-sys_admin,-bpf', '--inh-caps', '-all'];

const terminals: Terminal[] = [];
afterEach(async () => {
  await Promise.all(terminals.splice(0).map((terminal) => terminal.close()));
});

function inTerminal(file: string, args: readonly string[]): Terminal {
  const terminal = new Terminal(file, args, { columns: 80, rows: 24 });
  terminals.push(terminal);
  return terminal;
}

/** The processes that are left of a start. */
function leftOf(pid: number): string[] {
  const { stdout } = spawnSync('ps', ['-o', 'args=', '--ppid', String(pid)], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '');
}

describe.runIf(requirements('root', 'setpriv'))('npm start', () => {
  test('shows a replay as a replay, and leaves nothing behind', async () => {
    const terminal = inTerminal(process.execPath, [START, '--replay']);
    await terminal.waitFor('● replay', 60_000);
    await terminal.waitFor('REPLAY of a capture file, not live traffic');
    expect(leftOf(terminal.pid).length).toBe(2);
    terminal.send('q');
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.modes()).toMatchObject({ alternateScreen: false, cursorHidden: false });
    expect(leftOf(terminal.pid)).toEqual([]);
  });

  test('Ctrl-C ends it all', async () => {
    const terminal = inTerminal(process.execPath, [START, '--interface', 'lo']);
    await terminal.waitFor('● live', 60_000);
    terminal.send('\u0003');
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.modes()).toMatchObject({ alternateScreen: false, cursorHidden: false });
  });

  test('prints plain lines where standard output is no terminal, and ends with its reader', async () => {
    const child = spawn(process.execPath, [START, '--replay'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'exit');
    let output = '';
    for await (const chunk of child.stdout) {
      output += String(chunk);
      if (output.includes('replay\tAll packets')) break;
    }
    child.stderr.resume();
    await ended;
    expect(output.split('\n')[0]).toMatch(/^TIME\tINTERFACE\tSTATE/);
  });

  test('says what is missing and how to see a replay where capturing is not permitted', () => {
    const { status, stdout, stderr } = spawnSync(
      'setpriv',
      [...WITHOUT_CAPTURE, process.execPath, START, '--interface', 'lo'],
      {
        encoding: 'utf8',
      },
    );
    expect(stderr).toContain('CAP_NET_RAW');
    expect(stderr).toContain('npm start -- --replay');
    expect(stdout).toBe('');
    expect(status).toBe(77);
  });

  test('offers the replay on a terminal', async () => {
    const terminal = inTerminal('setpriv', [
      ...WITHOUT_CAPTURE,
      process.execPath,
      START,
      '--interface',
      'lo',
    ]);
    await terminal.waitFor('Replay a sample capture', 60_000);
    expect(terminal.text()).toContain('CAP_NET_RAW');
    terminal.send('y\r');
    await terminal.waitFor('● replay', 60_000);
    terminal.send('q');
    expect((await terminal.ended).exitCode).toBe(0);
  });
});
