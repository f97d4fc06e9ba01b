import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { type Arrows, faultsOf } from './read-arrows.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ARROWS = JSON.parse(readFileSync(new URL('arrows.json', import.meta.url), 'utf8')) as Arrows;
const PACKAGES = readdirSync(join(ROOT, 'packages'));

/** Every source but tests and what only they use. */
function sources(): Map<string, string> {
  const files = PACKAGES.flatMap((name) =>
    readdirSync(join(ROOT, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /(?<!\.test|\.d)\.tsx?$/.test(path))
      .map((path) => `packages/${name}/src/${path}`),
  );
  return new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));
}

test('every import follows an arrow of arrows.json, and every arrow there is needed', () => {
  expect(faultsOf(sources(), ARROWS)).toEqual([]);
});

test('package.json names the packages that arrows.json lets in', () => {
  for (const name of PACKAGES) {
    const { dependencies = {} } = JSON.parse(
      readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'),
    ) as { readonly dependencies?: Readonly<Record<string, string>> };
    const ours = Object.keys(dependencies).filter((each) => each.startsWith('@ifcast/'));
    expect(ours.map((each) => each.slice('@ifcast/'.length)).sort()).toEqual(
      [...(ARROWS.packages[name] ?? ['arrows.json does not know it'])].sort(),
    );
  }
});

test('ARCHITECTURE.md names every room, and none that is not there', () => {
  const page = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const named = [...page.matchAll(/`((?:packages|test|config|docs|scripts|bench)\/[\w/.-]*)`/g)].map(
    ([, path]) => path!,
  );
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  const rooms = Object.values(ARROWS.folders).flatMap((folders) => Object.keys(folders));
  const tops = new Set(rooms.map((room) => room.split('/')[0]!));
  expect([...tops].filter((room) => !page.includes(`${room}/\``))).toEqual([]);
});

describe('an arrow that is turned', () => {
  const table: Arrows = {
    packages: { low: [], high: ['low'] },
    pure: ['low'],
    folders: { low: {}, high: { below: [], above: ['below'] } },
  };
  const sound: Readonly<Record<string, string>> = {
    'packages/low/src/index.ts': "export { a } from './a.ts';",
    'packages/high/src/main.ts': "import { c } from './above/c.ts';\nimport { b } from './below/b.ts';",
    'packages/high/src/above/c.ts':
      "import type { B } from '../below/b.ts';\nimport { a } from '@ifcast/low';",
    'packages/high/src/below/b.ts': "import { readFileSync } from 'node:fs';",
  };

  test('sound sources have no fault', () => {
    expect(faultsOf(new Map(Object.entries(sound)), table)).toEqual([]);
  });

  test.each([
    ['packages/low/src/a.ts', "import { c } from '@ifcast/high';", 'low may not import high'],
    [
      'packages/low/src/a.ts',
      "import { Socket } from 'node:net';",
      'low is pure and may not import node:net',
    ],
    ['packages/high/src/below/d.ts', "import type { C } from '../above/c.ts';", 'below may not import above'],
    ['packages/high/src/below/d.ts', "await import('../main.ts');", 'below may not import .'],
    ['packages/high/src/d.ts', "export * from '../../low/src/a.ts';", "past its package's index"],
    ['packages/high/src/new/d.ts', "import { b } from '../below/b.ts';", 'does not know the folder new'],
  ])('%s: %s', (file, text, fault) => {
    const found = faultsOf(new Map([...Object.entries(sound), [file, text]]), table);
    expect(found).toEqual([expect.stringContaining(fault)]);
  });

  test('a circle, or an arrow that nothing needs, in the table', () => {
    const folders = { low: {}, high: { below: ['above'], above: ['below'] } };
    expect(faultsOf(new Map(Object.entries(sound)), { ...table, folders })).toEqual([
      'arrows.json: nothing needs high/below → above',
      'arrows.json: a circle: below → above → below',
    ]);
  });
});
