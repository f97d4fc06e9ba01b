// Sets up everything that a bare Debian machine lacks: system packages, pnpm's dependencies, the built programs.
// `--test` adds what the tests need. What is done already is not done again.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamps = join(root, 'node_modules', '.ifcast');

const PNPM = 'pnpm@12.21.0';

/** To compile the npm package `cap`, which only `backend = "cap"` needs; the last brings libpcap too. */
const CAP_PACKAGES = ['g++', 'make', 'python3', 'libpcap-dev'];
/** Brokers, packet tools and oracles of the tests. */
const TEST_PACKAGES = [
  'ethtool',
  'fish',
  // The files of the toml-test suite.
  'golang-github-burntsushi-toml-dev',
  'iperf3',
  'iproute2',
  'man-db',
  'mosquitto',
  'mosquitto-clients',
  'netcat-openbsd',
  'openssl',
  'procps',
  'prometheus',
  'prometheus-node-exporter',
  'python3-prometheus-client',
  'systemd',
  'tcpdump',
  'tcpreplay',
  'tshark',
  'util-linux',
  'zsh',
];

/** @param {{ test: boolean }} options */
export function setUp({ test }) {
  requireNode();
  if (test) installSystemPackages([...CAP_PACKAGES, ...TEST_PACKAGES]);
  else tryToInstall(CAP_PACKAGES);
  installDependencies();
  compileCap();
  buildPrograms();
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`ifcast needs Node 20.19 or later, this is ${process.version}`);
}

/**
 * Installs what is missing of these packages, or ends with the command that does it.
 *
 * @param {string[]} packages
 */
export function installSystemPackages(packages) {
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) fail(`system packages are missing; run once:\n  sudo ${aptGet(missing)}`);
  if (!install(missing)) fail(`${aptGet(missing)} failed; its words are above`);
}

/**
 * Installs them where it can: there is life without.
 *
 * @param {string[]} packages
 */
function tryToInstall(packages) {
  const missing = missingPackages(packages);
  if (missing.length > 0 && process.getuid?.() === 0) install(missing);
}

/** @param {string[]} packages */
function missingPackages(packages) {
  if (!spawnSync('dpkg-query', ['--version']).error) return packages.filter((name) => !isInstalled(name));
  say(
    'not a Debian system: install a C++ compiler, make, python3 and the headers of libpcap if something is missing',
  );
  return [];
}

/** @param {string[]} packages */
function aptGet(packages) {
  return `apt-get install --yes --no-install-recommends ${packages.join(' ')}`;
}

/** @param {string[]} packages */
function install(packages) {
  say(`installing ${packages.join(', ')}`);
  return withoutStartingServices(
    () =>
      succeeds('apt-get', ['update', '-qq']) &&
      succeeds('apt-get', aptGet(packages).split(' ').slice(1), { DEBIAN_FRONTEND: 'noninteractive' }),
  );
}

/** @param {string} name */
function isInstalled(name) {
  const { stdout } = spawnSync('dpkg-query', ['--status', name], { encoding: 'utf8' });
  return stdout.includes('Status: install ok installed');
}

/**
 * Debian starts a service when its package is installed; a test's broker must not end up listening on port 1883.
 *
 * @template T
 * @param {() => T} install
 * @see policy-rc.d(8), /usr/share/doc/init-system-helpers/README.policy-rc.d.gz
 */
function withoutStartingServices(install) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return install();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return install();
  } finally {
    rmSync(policy);
  }
}

function installDependencies() {
  const inputs = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'];
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/package.json`);
  const abi = process.versions.modules;
  const state = digest([...inputs, ...packages], abi);
  if (isDone('dependencies', state)) return;
  say(`installing dependencies with ${PNPM}`);
  // CI=true: pnpm may replace node_modules without asking.
  run('npx', ['--yes', PNPM, 'install', '--frozen-lockfile'], { CI: 'true', ...nodeHeaders() });
  markDone('dependencies', state);
}

/** Without `cap` all but its backend works. */
function compileCap() {
  if (capLoads()) return;
  const missing = missingPackages(CAP_PACKAGES);
  // Not compiled to the end, or for another Node.
  if (missing.length === 0) succeeds('npx', ['--yes', PNPM, 'rebuild', 'cap'], nodeHeaders());
  if (capLoads()) return;
  const remedy = missing.length === 0 ? 'the words of its compiler are above' : `run sudo ${aptGet(missing)}`;
  say(`backend = "cap" cannot be used: the npm package cap was not compiled; ${remedy}`);
}

function capLoads() {
  const { status } = spawnSync(process.execPath, ['-e', 'require("cap")'], {
    cwd: join(root, 'packages/daemon'),
  });
  return status === 0;
}

/** Node's own headers where they lie beside it, so that node-gyp need not fetch them. */
function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include', 'node', 'node.h')) ? { npm_config_nodedir: prefix } : {};
}

function buildPrograms() {
  const sources = ['packages', 'scripts/build.mjs', 'config'].flatMap(filesBelow);
  const state = digest(sources, '');
  if (isDone('build', state) && existsSync(join(root, 'packages/daemon/dist/main.js'))) return;
  say('building the programs');
  run(process.execPath, ['scripts/build.mjs']);
  markDone('build', state);
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesBelow(path) {
  if (!existsSync(join(root, path))) return [];
  const skip = new Set(['node_modules', 'dist']);
  try {
    return readdirSync(join(root, path))
      .sort()
      .flatMap((name) => (skip.has(name) ? [] : filesBelow(`${path}/${name}`)));
  } catch {
    return [path];
  }
}

/**
 * @param {string[]} paths
 * @param {string} salt
 */
function digest(paths, salt) {
  const hash = createHash('sha256').update(salt);
  for (const path of paths) hash.update(path).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

/**
 * @param {string} step
 * @param {string} state
 */
function isDone(step, state) {
  const stamp = join(stamps, step);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === state;
}

/**
 * @param {string} step
 * @param {string} state
 */
function markDone(step, state) {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, step), state);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
function run(command, args, env = {}) {
  if (!succeeds(command, args, env)) fail(`${command} ${args.join(' ')} failed; its words are above`);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
function succeeds(command, args, env = {}) {
  // Set-up output goes to standard error: standard output belongs to the program that follows.
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  });
  if (error) say(`${command} cannot be run: ${error.message}`);
  return status === 0;
}

/** @param {string} message */
function say(message) {
  process.stderr.write(`setup: ${message}\n`);
}

/** @param {string} message */
function fail(message) {
  say(message);
  process.exit(1);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  setUp({ test: process.argv.includes('--test') });
}
