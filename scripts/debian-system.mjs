// A minimal Debian system to try things in: what debootstrap makes, and nothing else. As a command it runs one in a fresh
// system that is gone afterwards, for example `node scripts/debian-system.mjs 13 -- cat /etc/debian_version`.
//
// The base is made once and kept in the user's cache. A system is an overlay on it, in mount and process namespaces of its
// own, so that `ip netns` works inside and no process outlives it. Its network is this machine's. Needs root.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const CODENAMES = { 12: 'bookworm', 13: 'trixie' };
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ifcast');
/** Where the certificates are that this machine trusts: its registries may be behind a proxy of its own. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const CERTIFICATES_INSIDE = '/etc/ssl/host-certificates.crt';

const POWEROFF_DEADLINE_MS = 30_000;

const ENTER = `
set -e
base=$1 directory=$2
shift 2
mount -t overlay overlay -o "lowerdir=$base,upperdir=$directory/upper,workdir=$directory/work" "$directory/root"
cd "$directory/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
exec chroot . "$@"
`;

export class DebianSystem {
  #base;
  #directory;

  /**
   * A fresh system; the first of a release takes a minute.
   *
   * @param {string} release - `12` or `13`
   */
  constructor(release) {
    if (process.getuid?.() !== 0) throw new Error('a Debian system needs root: it mounts');
    this.#base = baseOf(release);
    mkdirSync(CACHE, { recursive: true });
    this.#directory = mkdtempSync(join(CACHE, 'system-'));
    for (const [name, mode] of [
      ['upper', 0o755],
      ['work', 0o755],
      ['root', 0o755],
    ]) {
      mkdirSync(join(this.#directory, name));
      chmodSync(join(this.#directory, name), mode);
    }
    this.#takeHostSettings();
  }

  /**
   * Where a file of the system lies for this machine, to put it there while nothing runs inside. Makes its folder.
   *
   * @param {string} path - absolute, inside
   */
  path(path) {
    const folder = dirname(path);
    if (folder !== '/') this.#folder(folder);
    return join(this.#directory, 'upper', path);
  }

  /** Makes a folder as the base has it: its mode hides that of the base. */
  #folder(path) {
    const outside = join(this.#directory, 'upper', path);
    if (existsSync(outside)) return;
    if (dirname(path) !== '/') this.#folder(dirname(path));
    mkdirSync(outside);
    const inBase = join(this.#base, path);
    chmodSync(outside, existsSync(inBase) ? statSync(inBase).mode & 0o7777 : 0o755);
  }

  /**
   * The command that runs another one inside as root, for spawn().
   *
   * @param {string[]} command
   * @param {{ cwd?: string, env?: Record<string, string>, namespaces?: string[] }} options - `namespaces`: more of unshare(1)
   * @returns {[string, ...string[]]}
   */
  command(command, { namespaces = [], ...options } = {}) {
    return [
      ...['unshare', '--mount', '--pid', '--fork', '--kill-child', ...namespaces],
      ...['sh', '-c', ENTER, 'sh', this.#base, this.#directory],
      ...inEnvironment(command, options),
    ];
  }

  /**
   * Runs a command inside to its end.
   *
   * @param {string[]} command
   * @param {{ cwd?: string, env?: Record<string, string>, stdio?: import('node:child_process').StdioOptions }} options
   */
  run(command, { stdio = 'inherit', ...options } = {}) {
    const [file, ...args] = this.command(command, options);
    return spawnSync(file, args, { stdio, encoding: 'utf8', maxBuffer: 1 << 28 });
  }

  /**
   * Boots its systemd, which has to be installed: services run as on a machine of its own, with a network of its own that
   * has nothing but `lo`.
   *
   * @template T
   * @param {(run: (command: string[], options?: { env?: Record<string, string> }) => ReturnType<typeof spawnSync>) => Promise<T>} body -
   * gets what runs a command in the booted system to its end
   */
  async boot(body) {
    const [file, ...args] = this.command(['/lib/systemd/systemd', '--unit=multi-user.target'], {
      env: { container: 'ifcast' },
      namespaces: ['--cgroup', '--net', '--ipc', '--uts'],
    });
    const cgroupsBefore = new Set(unitCgroups());
    const machine = spawn(file, args, { stdio: 'ignore' });
    const ended = once(machine, 'exit');
    const run = (command, options = {}) => {
      const init = readFileSync(`/proc/${machine.pid}/task/${machine.pid}/children`, 'utf8').trim();
      const enter = ['--target', init, '--all', '--root', '--wd', ...inEnvironment(command, options)];
      return spawnSync('nsenter', enter, { encoding: 'utf8', maxBuffer: 1 << 28 });
    };
    try {
      for (;;) {
        if (machine.exitCode !== null) throw new Error('systemd ended');
        const state = run(['systemctl', 'is-system-running', '--wait']).stdout.trim();
        if (state === 'running' || state === 'degraded') break;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      return await body(run);
    } finally {
      if (machine.exitCode === null) run(['systemctl', 'poweroff']);
      const late = setTimeout(() => machine.kill('SIGKILL'), POWEROFF_DEADLINE_MS);
      await ended;
      clearTimeout(late);
      // In cgroups of this machine, where it leaves them empty.
      for (const path of unitCgroups()) if (!cgroupsBefore.has(path)) rmdirSync(path);
    }
  }

  /** Removes the system; the base stays for the next. */
  remove() {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** How this machine reaches its registries: resolver, proxies, certificates. */
  #takeHostSettings() {
    for (const file of ['/etc/resolv.conf', '/etc/hosts']) {
      if (existsSync(file)) cpSync(file, this.path(file), { dereference: true });
    }
    if (existsSync(CERTIFICATES)) cpSync(CERTIFICATES, this.path(CERTIFICATES_INSIDE), { dereference: true });
    writeFileSync(this.path('/root/.npmrc'), npmSettings());
  }
}

/**
 * @param {string[]} command
 * @param {{ cwd?: string, env?: Record<string, string> }} options
 */
function inEnvironment(command, { cwd = '/root', env = {} }) {
  const variables = {
    HOME: '/root',
    LANG: 'C.UTF-8',
    NODE_EXTRA_CA_CERTS: CERTIFICATES_INSIDE,
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    PIP_CERT: CERTIFICATES_INSIDE,
    TERM: process.env.TERM || 'dumb',
    ...env,
  };
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return ['env', '--ignore-environment', `--chdir=${cwd}`, ...assignments, ...command];
}

/** The cgroups that systemd makes for its units, deepest first. */
function unitCgroups() {
  return readdirSync('/sys/fs/cgroup', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => /\/(init\.scope|[^/]+\.slice)(\/|$)/.test(path))
    .sort((a, b) => b.length - a.length);
}

/** @param {string} release */
function baseOf(release) {
  const codename = CODENAMES[release];
  if (codename === undefined)
    throw new Error(`Debian ${release} is not known: ${Object.keys(CODENAMES).join(', ')}`);
  const base = join(CACHE, `debian-${release}`);
  if (existsSync(base)) return base;
  if (spawnSync('debootstrap', ['--version']).error)
    throw new Error('debootstrap is missing: apt-get install debootstrap');
  mkdirSync(CACHE, { recursive: true });
  const unfinished = mkdtempSync(`${base}-`);
  try {
    chmodSync(unfinished, 0o755);
    const { main, security } = hostArchives();
    process.stderr.write(`making a Debian ${release} in ${base}\n`);
    execFileSync('debootstrap', ['--variant=minbase', codename, unfinished, main], {
      stdio: ['ignore', 2, 2],
    });
    const sources = [
      `deb ${main} ${codename} main`,
      `deb ${main} ${codename}-updates main`,
      `deb ${security} ${codename}-security main`,
    ];
    writeFileSync(join(unfinished, 'etc/apt/sources.list'), `${sources.join('\n')}\n`);
    writeFileSync(join(unfinished, 'etc/apt/apt.conf.d/90host'), aptSettings());
    rmSync(join(unfinished, 'var/cache/apt'), { recursive: true, force: true });
    renameSync(unfinished, base);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another process was quicker.
    if (!existsSync(base)) throw error;
  }
  return base;
}

/** The archives of Debian as this machine names them. */
function hostArchives() {
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const lines = execFileSync(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI) $(RELEASE)', 'Created-By: Packages'],
    { encoding: 'utf8' },
  );
  const archive = (name) =>
    lines
      .split('\n')
      .map((line) => line.split(' '))
      .find(([, release]) => release === name)?.[0];
  const main = archive(codename);
  const security = archive(`${codename}-security`);
  if (main === undefined || security === undefined)
    throw new Error("this machine's apt knows no archive of Debian");
  return { main, security };
}

function aptSettings() {
  return execFileSync('apt-config', ['dump'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /^Acquire::(Check-|Retries|https?::)/.test(line))
    .map((line) => line.replaceAll(CERTIFICATES, CERTIFICATES_INSIDE))
    .join('\n');
}

function npmSettings() {
  const all = JSON.parse(execFileSync('npm', ['config', 'list', '--json'], { encoding: 'utf8' }));
  const lines = ['registry', 'proxy', 'https-proxy', 'audit', 'fund']
    .filter((name) => all[name] !== null && all[name] !== undefined)
    .map((name) => `${name}=${all[name]}`);
  return [...lines, `cafile=${CERTIFICATES_INSIDE}`, 'update-notifier=false', ''].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [release = '', separator, ...command] = process.argv.slice(2);
  if (separator !== '--' || command.length === 0) {
    process.stderr.write('usage: node scripts/debian-system.mjs 12|13 -- COMMAND [ARGUMENT…]\n');
    process.exit(64);
  }
  const system = new DebianSystem(release);
  try {
    process.exitCode = system.run(command).status ?? 1;
  } finally {
    system.remove();
  }
}
