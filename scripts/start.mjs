// `npm start`: sets up, then runs the daemon with its embedded broker and the dashboard on it. Arguments go to the daemon,
// for example `npm start -- --interface eth1`; `--replay` shows the sample capture instead of live traffic.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createInterface as createPrompt } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';

import { setUp } from './setup.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const SAMPLE = 'config/examples/sample.pcap';
const NO_PERMISSION = 77;
const STOP_DEADLINE_MS = 4_000;

setUp({ test: false });
const given = process.argv.slice(2).filter((argument) => argument !== '--replay');
const replay = process.argv.includes('--replay') ? ['--replay', SAMPLE] : [];
let exitCode = await show([...given, ...replay]);
if (exitCode === NO_PERMISSION && replay.length === 0 && (await wantsReplay())) {
  exitCode = await show([...given, '--replay', SAMPLE]);
}
process.exit(exitCode);

/**
 * Runs daemon and dashboard until either ends.
 *
 * @param {string[]} daemonArguments
 * @returns {Promise<number>} the exit code
 */
async function show(daemonArguments) {
  const screen = process.stdout.isTTY && process.stdin.isTTY;
  /** What the daemon said while the screen was the dashboard's. */
  const said = [];
  const daemon = program(
    'packages/daemon/bin/ifcastd.js',
    ['--broker', 'embedded', '-c', 'config/ifcast.toml', ...daemonArguments],
    ['ignore', 'inherit', 'pipe'],
  );
  const daemonEnd = ended(daemon);
  /** @type {Promise<string>} */
  const brokerUrl = new Promise((resolve) => {
    createInterface({ input: daemon.stderr }).on('line', (line) => {
      if (screen) said.push(line);
      else process.stderr.write(`${line}\n`);
      const url = /embedded broker on (mqtt:\S+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  // Ctrl-C reaches the whole group; the dashboard ends on it, and then the daemon is stopped here.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const url = await Promise.race([brokerUrl, daemonEnd.then(() => null)]);
  if (url === null) {
    process.stderr.write(said.map((line) => `${line}\n`).join(''));
    process.off('SIGINT', ignore);
    return daemonEnd;
  }
  // The user's own configuration could ask for another host or topic than this daemon's.
  const env = { ...process.env, XDG_CONFIG_HOME: `${root}node_modules/.ifcast` };
  const dashboard = program('packages/tui/bin/ifcast.js', ['--broker', url], 'inherit', env);
  const dashboardEnd = ended(dashboard);
  process.once('SIGTERM', () => dashboard.kill('SIGTERM'));
  const first = await Promise.race([
    dashboardEnd.then((code) => ({ code, daemonFailed: false })),
    daemonEnd.then((code) => ({ code, daemonFailed: code !== 0 })),
  ]);
  await Promise.all([stop(dashboard, dashboardEnd), stop(daemon, daemonEnd)]);
  process.off('SIGINT', ignore);
  if (first.daemonFailed) process.stderr.write(said.map((line) => `${line}\n`).join(''));
  return first.code;
}

/**
 * @param {string} entry
 * @param {string[]} args
 * @param {import('node:child_process').StdioOptions} stdio
 */
function program(entry, args, stdio, env = process.env) {
  return spawn(process.execPath, [`${root}${entry}`, ...args], { cwd: root, stdio, env });
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>} its exit code; 0 when a signal ended it
 */
async function ended(child) {
  const [code] = await once(child, 'exit');
  return code ?? 0;
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {Promise<number>} end
 */
async function stop(child, end) {
  child.kill('SIGTERM');
  const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await end;
  clearTimeout(deadline);
}

async function wantsReplay() {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    process.stderr.write('To see a sample capture replayed instead of live traffic: npm start -- --replay\n');
    return false;
  }
  const prompt = createPrompt({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question('Replay a sample capture instead of live traffic? [y/N] ');
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}
