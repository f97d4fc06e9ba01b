import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The licences of the npm packages that are in the bundles, as these ask for.
 *
 * @param {string[]} inputs - the bundles' sources, paths from the root of the repository
 */
export function licences(inputs) {
  const packages = new Set(
    inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? []),
  );
  const entries = [...packages].map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    return { title: `${name} ${version} (${license})`, text: licenceText(join(root, path)) };
  });
  return entries
    .sort((a, b) => (a.title < b.title ? -1 : 1))
    .map(({ title, text }) => `${title}\n${'='.repeat(title.length)}\n\n${text}\n`)
    .join('\n');
}

/** @param {string} directory */
function licenceText(directory) {
  const name = readdirSync(directory).find((file) => /^licen[cs]e(\.(md|txt))?$/i.test(file));
  const path = join(directory, name ?? '');
  return name !== undefined && existsSync(path)
    ? readFileSync(path, 'utf8').replaceAll('\r\n', '\n').trim()
    : 'See its package.json.';
}
