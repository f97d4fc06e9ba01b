// Runs a TypeScript file of this directory: `node bench/run.mjs dashboard [arguments]`.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const name = process.argv[2];
if (name === undefined) {
  process.stderr.write('usage: node bench/run.mjs NAME [arguments]\n');
  process.exit(64);
}
// Inside the repository, so that packages are found from there.
const directory = mkdtempSync(join(here, '..', 'node_modules', '.bench-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const outfile = join(directory, 'bench.mjs');
await build({
  entryPoints: [join(here, `${name}.ts`)],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  // Ours are TypeScript sources.
  alias: { '@ifcast/protocol': join(here, '../packages/protocol/src/index.ts') },
  define: { 'import.meta.dirname': JSON.stringify(here) },
  logLevel: 'warning',
});
process.argv.splice(1, 2, outfile);
await import(pathToFileURL(outfile).href);
