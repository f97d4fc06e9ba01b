// Bundles the programs: packages/daemon/dist (ifcastd and its child processes) and packages/tui/dist (ifcast).
import { readdir, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  splitting: true,
  entryNames: '[name]',
  // Beside the entries, so that `new URL('./cap-worker-main.js', import.meta.url)` holds in every chunk.
  chunkNames: '[name]-[hash]',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
  // React's development build keeps every render's timings: memory grows without bound.
  define: { 'process.env.NODE_ENV': '"production"' },
  // CommonJS dependencies call require() of Node's own modules.
  banner: {
    js: "import { createRequire as ifcastCreateRequire } from 'node:module'; const require = ifcastCreateRequire(import.meta.url);",
  },
};

const daemon = {
  ...common,
  entryPoints: [
    'main',
    'cap-worker-main',
    'filter-compiler-main',
    'capture-reader-main',
    'trigger-runner-main',
  ].map((name) => `packages/daemon/src/${name}.ts`),
  outdir: 'packages/daemon/dist',
  // Native packages stay outside the bundle.
  external: ['cap', 'koffi'],
  loader: { '.toml': 'text' },
};
/** esbuild's options for the dashboard. */
export const tui = {
  ...common,
  entryPoints: ['packages/tui/src/main.ts'],
  outdir: 'packages/tui/dist',
  // Ink loads its devtools only when they are asked for.
  external: ['react-devtools-core'],
};

/**
 * Bundles both programs.
 *
 * @returns {Promise<string[]>} what went in, paths from the root of the repository
 */
export async function buildPrograms() {
  const inputs = new Set();
  for (const program of [daemon, tui]) {
    const { metafile } = await build({ ...program, metafile: true });
    await removeStale(program.outdir, Object.keys(metafile.outputs));
    for (const input of Object.keys(metafile.inputs)) inputs.add(input);
  }
  return [...inputs].sort();
}

/**
 * Removes what earlier builds left: chunks have their hash in their name.
 *
 * @param {string} directory
 * @param {string[]} outputs
 */
async function removeStale(directory, outputs) {
  const fresh = new Set(outputs.map((path) => basename(path)));
  for (const name of await readdir(`${root}${directory}`)) {
    if (/\.js(\.map)?$/.test(name) && !fresh.has(name)) await rm(`${root}${directory}/${name}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildPrograms();
