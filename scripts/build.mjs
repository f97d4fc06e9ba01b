// Bundles the programs: packages/daemon/dist (ifcastd and its child processes) and packages/tui/dist (ifcast).
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build as bundle } from 'esbuild';

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

/** Native packages stay outside the bundle. */
const daemonExternal = ['cap', 'koffi'];
/** Ink loads its devtools only when they are asked for. */
const tuiExternal = ['react-devtools-core'];

export async function build() {
  const daemonEntries = ['main', 'cap-worker-main', 'filter-compiler-main']
    .map((name) => `packages/daemon/src/${name}.ts`)
    .filter((path) => existsSync(`${root}${path}`));
  const tuiEntries = ['packages/tui/src/main.ts'].filter((path) => existsSync(`${root}${path}`));
  await Promise.all([
    bundle({
      ...common,
      entryPoints: daemonEntries,
      outdir: 'packages/daemon/dist',
      external: daemonExternal,
      loader: { '.toml': 'text' },
    }),
    tuiEntries.length > 0 &&
      bundle({ ...common, entryPoints: tuiEntries, outdir: 'packages/tui/dist', external: tuiExternal }),
  ]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await build();
