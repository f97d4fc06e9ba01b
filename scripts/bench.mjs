// Runs a benchmark, which is TypeScript: `node scripts/bench.mjs dashboard [arguments]` runs bench/dashboard.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const name = process.argv[2];
if (name === undefined) {
  process.stderr.write('usage: node scripts/bench.mjs NAME [arguments]\n');
  process.exit(64);
}
// Inside the repository, so that packages are found from there.
const directory = mkdtempSync(join(root, 'node_modules', '.bench-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const outfile = join(directory, 'bench.mjs');
await build({
  entryPoints: [join(root, 'bench', `${name}.ts`)],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  // Native packages stay outside the bundle.
  external: ['@lydell/node-pty', 'cap', 'koffi'],
  // CommonJS dependencies call require() of Node's own modules.
  banner: {
    js: "import { createRequire as ifcastCreateRequire } from 'node:module'; const require = ifcastCreateRequire(import.meta.url);",
  },
  // Ours are TypeScript sources.
  alias: {
    '@ifcast/protocol': join(root, 'packages/protocol/src/index.ts'),
    '@ifcast/broker': join(root, 'packages/broker/src/index.ts'),
    '@ifcast/filter': join(root, 'packages/filter/src/index.ts'),
  },
  logLevel: 'warning',
});
process.argv.splice(1, 2, outfile);
await import(pathToFileURL(outfile).href);
