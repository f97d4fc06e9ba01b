// `npm run package`: makes in dist/ what people install: ifcast-<version>.tgz for npm, ifcast_<version>_<arch>.deb for
// Debian, and ifcast-<version>-linux-<arch>, the dashboard with a Node in it. `npm run package -- npm amd64` makes only what is
// named. Twice the same commit is twice the same file.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { buildPrograms } from './build.mjs';
import { debianPackage } from './packaging/debian-package.mjs';
import { licences } from './packaging/licences.mjs';
import { singleExecutable } from './packaging/single-executable.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist');
const KINDS = ['npm', 'amd64', 'arm64', 'dashboard'];
/** The native packages of the daemon, which are not in its bundle. */
const { dependencies, optionalDependencies } = readJson('packages/daemon/package.json');

const kinds = process.argv.length > 2 ? process.argv.slice(2) : KINDS;
const unknown = kinds.find((kind) => !KINDS.includes(kind));
if (unknown !== undefined) {
  process.stderr.write(`there is no package ${unknown}: ${KINDS.join(', ')}\n`);
  process.exit(64);
}

const inputs = await buildPrograms();
const staging = mkdtempSync(join(tmpdir(), 'ifcast-package-'));
try {
  const programs = stagePrograms();
  mkdirSync(out, { recursive: true });
  for (const kind of kinds) {
    process.stdout.write(`${await make(kind, programs)}\n`);
  }
} finally {
  rmSync(staging, { recursive: true, force: true });
}

/**
 * @param {string} kind
 * @param {string} programs - the npm package as a folder
 */
async function make(kind, programs) {
  if (kind === 'npm') return npmPackage(programs);
  if (kind === 'dashboard') return singleExecutable({ version: readJson('package.json').version, out });
  return debianPackage({ programs, arch: kind, out });
}

/** The npm package as a folder: both programs bundled, and what people read and copy. */
function stagePrograms() {
  const directory = join(staging, 'npm');
  const { version, description, license, engines } = readJson('package.json');
  for (const name of ['daemon', 'tui']) {
    cpSync(join(root, 'packages', name, 'bin'), join(directory, name, 'bin'), { recursive: true });
    // No source maps, and no types.
    const dist = join(root, 'packages', name, 'dist');
    for (const file of readdirSync(dist).filter((entry) => entry.endsWith('.js'))) {
      cpSync(join(dist, file), join(directory, name, 'dist', file));
    }
  }
  for (const name of ['man', 'completions', 'config', 'docs', 'README.md', 'CHANGELOG.md', 'LICENSE']) {
    cpSync(join(root, name), join(directory, name), { recursive: true });
  }
  writeFileSync(join(directory, 'LICENSE.third-party'), licences(inputs));
  const manifest = {
    name: 'ifcast',
    version,
    description,
    license,
    type: 'module',
    engines,
    bin: { ifcast: 'tui/bin/ifcast.js', ifcastd: 'daemon/bin/ifcastd.js' },
    man: ['man/ifcast.1', 'man/ifcastd.8'],
    dependencies: { koffi: dependencies.koffi },
    optionalDependencies: { cap: optionalDependencies.cap },
  };
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return directory;
}

/** @param {string} directory */
function npmPackage(directory) {
  const args = ['pack', directory, '--pack-destination', out, '--json'];
  const [{ filename }] = JSON.parse(execFileSync('npm', args, { encoding: 'utf8' }));
  return join(out, filename);
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}
