// `npm run test:packages`: makes the packages and tries them on a bare Debian 13 as people would: the npm package without a
// compiler; the Debian package under systemd, installed, counting, upgraded, removed and purged.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { spawn } from '@lydell/node-pty';

import { DebianSystem } from './debian-system.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const NONINTERACTIVE = { DEBIAN_FRONTEND: 'noninteractive' };
/** What a purged package must not leave; dpkg and apt keep logs of their own. */
const TRACES =
  'find / -xdev ( -path /proc -o -path /sys -o -path /dev -o -path /var/log -o -path /root ) -prune -o -iname *ifcast* -print';

process.stdout.write('=== packages\n');
const first = makePackages();
const [npmFile, debFile, dashboardFile] = Object.keys(first);
check('made twice they are the same', JSON.stringify(makePackages()) === JSON.stringify(first));
if (spawnSync('lintian', ['--version']).error)
  process.stdout.write('  skipped: lintian is missing (apt-get install lintian)\n');
else {
  const { stdout } = spawnSync('lintian', ['--tag-display-limit', '0', debFile], { encoding: 'utf8' });
  check('lintian has nothing to say', stdout === '');
}

await inDebian('dashboard in one file', tryDashboard);
await inDebian('npm package', tryNpmPackage);
await inDebian('Debian package', tryDebianPackage);

/** @returns {Record<string, string>} the sum of each file */
function makePackages() {
  const args = ['scripts/package.mjs', 'npm', 'amd64', 'dashboard'];
  const files = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).trim().split('\n');
  const sum = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
  return Object.fromEntries(files.map((file) => [file, sum(file)]));
}

/** @param {DebianSystem} system */
async function tryDashboard(system) {
  cpSync(dashboardFile, system.path('/usr/local/bin/ifcast'));
  const run = runner((command, env) => system.run(command, { stdio: 'pipe', env }));
  check('there is no Node', run('sh -c', 'command -v node || echo none').includes('none'));
  check('it starts', /^\d+\.\d+/.test(run('ifcast --version')));
  const [file, ...args] = system.command(['ifcast', '--broker', 'mqtt://127.0.0.1:1'], {
    env: { TERM: 'xterm-256color' },
  });
  const terminal = spawn(file, args, { name: 'xterm-256color', cols: 100, rows: 30 });
  let output = '';
  terminal.onData((data) => {
    output += data;
    if (output.includes('mqtt://127.0.0.1:1')) terminal.write('q');
  });
  const { exitCode } = await new Promise((resolve) => terminal.onExit(resolve));
  check('it shows its screen, and ends with its key', exitCode === 0);
}

/** @param {DebianSystem} system */
async function tryNpmPackage(system) {
  const run = runner((command, env) => system.run(command, { stdio: 'pipe', env }));
  cpSync(npmFile, system.path('/tmp/ifcast.tgz'));
  run('apt-get update -qq');
  run('apt-get install -qq --yes --no-install-recommends nodejs npm adduser');
  check('there is no compiler', run('sh -c', 'command -v g++ || echo none').includes('none'));
  run('npm install --global /tmp/ifcast.tgz');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const program of ['ifcastd', 'ifcast']) check(program, run(`${program} --version`).trim() === version);
  check('the manual is found', run('sh -c', 'find / -xdev -name ifcastd.8').includes('/share/man/'));
  const without = failing(system, ['ifcastd', 'check']);
  check('without libpcap one sentence names it', /^ifcastd: .*apt-get install libpcap0\.8\n$/.test(without));
  run('apt-get install -qq --yes libpcap0.8');
  run('ifcastd check');
  const cap = failing(system, ['ifcastd', '--backend', 'cap', '-i', 'lo', '-b', 'embedded']);
  check('backend = "cap" says what is missing', cap.includes('apt-get install g++ libpcap-dev make python3'));
  const log = run('timeout --preserve-status 5 ifcastd --interface lo --broker embedded');
  check('it counts', log.includes('lo: counting'));
  run('adduser --disabled-password --gecos User user');
  check('a user checks it too', run('setpriv --reuid user --init-groups ifcastd check').includes('right'));
  check(
    'and has the dashboard',
    run('setpriv --reuid user --init-groups ifcast --help').includes('--broker'),
  );
  await trySystemdPage(system, run);
}

/** The commands of docs/systemd.md, after the npm package is installed: the service, and its password. */
async function trySystemdPage(system, prepare) {
  prepare('apt-get install -qq --yes --no-install-recommends systemd-sysv iproute2');
  const page = readFileSync(join(root, 'docs/systemd.md'), 'utf8');
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].slice(0, 2);
  const lines = blocks.flatMap(([, block]) => block.trim().split('\n'));
  await system.boot(async (inside) => {
    const run = runner((command, env) => inside(command, { env: { ...env, EDITOR: 'true' } }));
    makeInterfaces(run);
    for (const line of lines.filter((each) => !each.startsWith('npm install'))) run('sh -c', line);
    check('docs/systemd.md makes a service', run('systemctl is-active ifcastd').trim() === 'active');
    run('systemctl reload ifcastd');
    check('that reads its configuration again', run('systemctl is-active ifcastd').trim() === 'active');
  });
}

/** @param {DebianSystem} system */
async function tryDebianPackage(system) {
  const prepare = runner((command, env) => system.run(command, { stdio: 'pipe', env }));
  cpSync(debFile, system.path('/root/ifcast.deb'));
  cpSync(newerPackage(debFile), system.path('/root/ifcast-newer.deb'));
  prepare('apt-get update -qq');
  prepare('apt-get install -qq --yes --no-install-recommends systemd-sysv iproute2 mosquitto-clients');
  // With its dependencies, then without: what comes next has no network.
  prepare('apt-get install -qq --yes --no-install-recommends /root/ifcast.deb');
  prepare('apt-get purge -qq --yes ifcast');
  check('nothing is left without systemd', prepare(TRACES).trim() === '');
  await system.boot(async (inside) => {
    const run = runner((command, env) => inside(command, { env }));
    makeInterfaces(run);
    run('dpkg --install /root/ifcast.deb');
    check('it is enabled', run('systemctl is-enabled ifcastd').trim() === 'enabled');
    check('it runs', run('systemctl is-active ifcastd').trim() === 'active');
    run('ifcastd doctor');
    run('sleep 30');
    const lines = run('journalctl --unit ifcastd --output cat').trim().split('\n');
    const said = lines.filter((line) => line.includes('cannot connect'));
    check('without a broker it says so once in 30 seconds', said.length === 1);

    const sed = ['sed -i', 's/^#url = "mqtt.*/url = "embedded"/', '/etc/ifcast/ifcast.toml'];
    run(...sed);
    run('systemctl restart ifcastd');
    const stats = run('mosquitto_sub -t ifcast/+/ifc0/stats -C 1 -W 20');
    check('it counts', JSON.parse(stats).filters.length > 0);

    run('systemctl reload ifcastd');
    const configured = run('cat /etc/ifcast/ifcast.toml');
    // What a person answers with the Enter key.
    run('dpkg --force-confdef --install /root/ifcast-newer.deb');
    check('an upgrade keeps the configuration', run('cat /etc/ifcast/ifcast.toml') === configured);
    check('and goes on', run('systemctl is-active ifcastd').trim() === 'active');
    run('mosquitto_sub -t ifcast/+/ifc0/stats -C 1 -W 20');

    run('dpkg --remove ifcast');
    check('removed, it does not run', inside(['pgrep', 'ifcastd']).status !== 0);
    check('its configuration stays', run('cat /etc/ifcast/ifcast.toml') === configured);
    run('dpkg --purge ifcast');
    check('purged, nothing is left', run(TRACES).trim() === '');
  });
}

/** An interface with a default route, for a system that has only `lo`. */
function makeInterfaces(run) {
  run('ip link add ifc0 type veth peer name ifc1');
  run('ip address add 192.0.2.1/24 dev ifc0');
  for (const name of ['ifc0', 'ifc1']) run(`ip link set ${name} up`);
  run('ip route add default via 192.0.2.2');
}

/** The same with a higher version and other defaults in its configuration. */
function newerPackage(file) {
  const directory = mkdtempSync(join(tmpdir(), 'ifcast-newer-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const tree = join(directory, 'tree');
  execFileSync('dpkg-deb', ['--raw-extract', file, tree]);
  const control = join(tree, 'DEBIAN/control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*/m, 'Version: 99'));
  const config = join(tree, 'etc/ifcast/ifcast.toml');
  writeFileSync(config, `${readFileSync(config, 'utf8')}\n# A newer configuration.\n`);
  const newer = join(directory, basename(file));
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', tree, newer], {
    stdio: ['ignore', 'ignore', 2],
  });
  return newer;
}

/** @param {(system: DebianSystem) => Promise<void>} body */
async function inDebian(what, body) {
  process.stdout.write(`=== Debian 13: ${what}\n`);
  const system = new DebianSystem('13');
  try {
    await body(system);
  } finally {
    system.remove();
  }
}

/** What runs a command: split at spaces, then words as they are; its output, or an Error with it. */
function runner(spawned) {
  return (text, ...words) => {
    const command = [...text.split(' '), ...words];
    const { status, stdout, stderr } = spawned(command, NONINTERACTIVE);
    if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
    return `${stdout}${stderr}`;
  };
}

/** What a command says that is to fail. */
function failing(system, command) {
  const { status, stderr } = system.run(command, { stdio: 'pipe' });
  if (status === 0) throw new Error(`${command.join(' ')} did not fail`);
  return stderr;
}

function check(what, holds) {
  if (!holds) throw new Error(`not so: ${what}`);
  process.stdout.write(`  ok  ${what}\n`);
}
