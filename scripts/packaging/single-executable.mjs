import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build } from 'esbuild';
import { inject } from 'postject';

import { tui } from '../build.mjs';

/** @see https://nodejs.org/docs/latest-v20.x/api/single-executable-applications.html */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Node takes one CommonJS file, and Ink waits at the top of its modules, which only ECMAScript modules can. So that file
 * imports the dashboard from an asset. What Node says of the import being experimental is nobody's business.
 */
const ENTRY = `
const { getAsset } = require('node:sea');
const { Script, constants } = require('node:vm');
const url = 'data:text/javascript;base64,' + Buffer.from(getAsset('dashboard')).toString('base64');
const { emitWarning } = process;
process.emitWarning = () => {};
const options = { importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER };
const load = new Script('(url) => import(url)', options).runInThisContext();
load(url);
process.emitWarning = emitWarning;
`;

/** Ink loads its devtools only when they are asked for. */
const withoutDevtools = {
  name: 'without-devtools',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'nothing' }));
    onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: '' }));
  },
};

/**
 * Makes `ifcast-<version>-<platform>-<arch>`: the dashboard in one file with the Node that runs this, for machines that have none.
 *
 * @param {{ version: string, out: string }} options
 * @returns {Promise<string>} the file
 */
export async function singleExecutable({ version, out }) {
  const directory = mkdtempSync(join(tmpdir(), 'ifcast-single-'));
  const at = (name) => join(directory, name);
  try {
    const { outdir: _outdir, splitting: _splitting, external: _external, ...options } = tui;
    await build({
      ...options,
      outfile: at('dashboard.mjs'),
      minify: true,
      sourcemap: false,
      plugins: [withoutDevtools],
      // There is no file to require from.
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('/');" },
    });
    writeFileSync(at('entry.cjs'), ENTRY);
    // Paths as they are here go into the blob.
    const config = { main: 'entry.cjs', output: 'blob', disableExperimentalSEAWarning: true };
    writeFileSync(at('sea.json'), JSON.stringify({ ...config, assets: { dashboard: 'dashboard.mjs' } }));
    execFileSync(process.execPath, ['--experimental-sea-config', 'sea.json'], {
      cwd: directory,
      stdio: 'ignore',
    });
    const file = join(out, `ifcast-${version}-${process.platform}-${process.arch}`);
    copyFileSync(process.execPath, file);
    chmodSync(file, 0o755);
    await inject(file, 'NODE_SEA_BLOB', readFileSync(at('blob')), { sentinelFuse: FUSE });
    return file;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
