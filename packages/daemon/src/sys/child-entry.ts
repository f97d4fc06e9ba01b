import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The path of a child process's bundle: beside this code where this is bundled too, otherwise (in a test of the sources)
 * where the build puts it.
 *
 * @param name - of its entry, such as `cap-worker-main`
 */
export function childEntry(name: string): string {
  const beside = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url));
}
