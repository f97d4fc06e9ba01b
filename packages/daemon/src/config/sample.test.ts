import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { loadConfig, parseConfig, sampleConfig } from './load-config.ts';
import { SAMPLE } from './sample.ts';
import { configKeys } from './settings.ts';
import { parseToml, type TomlValue } from './toml-document.ts';

const DIRECTORY = fileURLToPath(new URL('../../../../config', import.meta.url));
const HERE = { hostname: 'box', env: {} };
const FILES = [
  'ifcast.toml',
  ...readdirSync(join(DIRECTORY, 'examples'))
    .filter((name) => name.endsWith('.toml'))
    .map((name) => `examples/${name}`),
];
/** The sample with every default in force: a "#" before a key, without a space, is taken off. */
const ACTIVE = SAMPLE.replace(/^#(?=[a-z_]+ = )/gm, '');
/** The same with the tables of which there is none by default: they have two "#". */
const WITH_EXAMPLES = ACTIVE.replace(/^##(?=\[\[|[a-z_]+ = )/gm, '');

function keysOf(value: TomlValue, prefix = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((element) => keysOf(element, prefix));
  if (typeof value !== 'object' || value.constructor !== undefined) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    `${prefix}${name}`,
    ...keysOf(inner, `${prefix}${name}.`),
  ]);
}

test('the sample is config/ifcast.toml', () => {
  expect(SAMPLE).toBe(readFileSync(join(DIRECTORY, 'ifcast.toml'), 'utf8'));
});

test('it names every key', () => {
  const named = new Set(keysOf(parseToml(Buffer.from(WITH_EXAMPLES)).table));
  expect([...named].sort()).toEqual([...configKeys()].sort());
});

test('each default that it shows is the default', () => {
  const shown = parseConfig(Buffer.from(ACTIVE), 'ifcast.toml', HERE).config;
  expect(shown).toEqual(sampleConfig(HERE).config);
  expect(shown).toEqual(parseConfig(Buffer.from(''), 'empty.toml', HERE).config);
});

test.each(FILES)('%s is valid and not too wide', (name) => {
  const file = join(DIRECTORY, name);
  expect(loadConfig(file, HERE).warnings.filter(({ key }) => key !== '')).toEqual([]);
  for (const line of readFileSync(file, 'utf8').split('\n')) expect(line.length).toBeLessThanOrEqual(120);
});
