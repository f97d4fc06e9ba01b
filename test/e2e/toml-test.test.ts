/**
 * The files of the toml-test suite (https://github.com/toml-lang/toml-test, TOML 1.0), which Debian's package of
 * BurntSushi/toml carries, as configurations: each is refused with line and column, and none of their keys is misplaced.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { ConfigError } from '../../packages/daemon/src/config/config-error.ts';
import type { KeyPath } from '../../packages/daemon/src/config/key-path.ts';
import { parseConfig } from '../../packages/daemon/src/config/load-config.ts';
import { parseToml, type TomlValue } from '../../packages/daemon/src/config/toml-document.ts';
import { requirements } from '../support/requirements.ts';

const SUITE = '/usr/share/gocode/src/github.com/BurntSushi/toml/internal/toml-test/tests';

function filesOf(kind: 'valid' | 'invalid'): string[] {
  if (!existsSync(SUITE)) return [];
  const names = readdirSync(`${SUITE}/${kind}`, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.toml')).map((name) => `${kind}/${name}`);
}

/**
 * Refused in TOML 1.0, allowed in 1.1: seconds may go, inline tables may have line ends, `\x` and `\e` are escapes. Debian 12
 * and 13 have some of these files each.
 */
const VALID_IN_TOML_1_1 = [
  'invalid/datetime/no-secs.toml',
  'invalid/inline-table/linebreak-1.toml',
  'invalid/inline-table/linebreak-2.toml',
  'invalid/inline-table/linebreak-3.toml',
  'invalid/inline-table/linebreak-4.toml',
  'invalid/inline-table/trailing-comma.toml',
  'invalid/local-datetime/no-secs.toml',
  'invalid/local-time/no-secs.toml',
  'invalid/string/basic-byte-escapes.toml',
].filter((name) => existsSync(`${SUITE}/${name}`));

/** Of a draft of TOML 1.1: letters of every script in a bare key. */
const NEVER_VALID = ['valid/key/unicode.toml'];

describe.runIf(requirements(SUITE))('toml-test', () => {
  test('is here as a whole', () => {
    expect(filesOf('valid').length).toBeGreaterThanOrEqual(100);
    expect(filesOf('invalid').length).toBeGreaterThanOrEqual(200);
  });

  test.each(filesOf('invalid').filter((name) => !VALID_IN_TOML_1_1.includes(name)))(
    '%s is no TOML',
    (name) => {
      expect(() => parseToml(readFileSync(`${SUITE}/${name}`))).toThrow(
        expect.objectContaining({ name: 'TomlSyntaxError', position: expect.anything() }),
      );
    },
  );

  test.each([...filesOf('valid'), ...filesOf('invalid')])('%s is refused with line and column', (name) => {
    const bytes = readFileSync(`${SUITE}/${name}`);
    const lines = bytes.toString('utf8').split('\n');
    try {
      parseConfig(bytes, name);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const { position } of error.faults) {
        expect(position!.line).toBeLessThanOrEqual(lines.length);
        expect(position!.column).toBeLessThanOrEqual(lines[position!.line - 1]!.length + 1);
      }
      return;
    }
    // What has no key at all is the default configuration.
    expect(bytes.toString('utf8').replace(/#.*/g, '').trim()).toBe('');
  });

  const readable = [...filesOf('valid'), ...VALID_IN_TOML_1_1].filter((name) => !NEVER_VALID.includes(name));
  test.each(readable)('every key of %s is found', (name) => {
    const bytes = readFileSync(`${SUITE}/${name}`);
    const { table, positions } = parseToml(bytes);
    const lines = new TextDecoder().decode(bytes).split('\n');
    for (const path of pathsOf(table)) {
      const found = positions(path);
      const { line, column } = found?.key ?? { line: 0, column: 0 };
      const rest = lines
        .slice(line - 1)
        .join('\n')
        .slice(column - 1);
      const last = path.at(-1)!;
      if (typeof last === 'number') expect(found, `${name} ${path.join('.')}`).toBeDefined();
      else expect(firstKeysOf(rest), `${name} ${path.join('.')}`).toContain(last);
    }
  });
});

function pathsOf(value: TomlValue, path: KeyPath = []): KeyPath[] {
  if (typeof value !== 'object' || (value.constructor !== undefined && !Array.isArray(value))) return [path];
  const steps = Array.isArray(value)
    ? value.map((element, index) => [index, element] as const)
    : Object.entries(value);
  return [
    ...(path.length === 0 ? [] : [path]),
    ...steps.flatMap(([step, inner]) => pathsOf(inner, [...path, step])),
  ];
}

/** The keys that the text begins with: all of a header, the first one of a pair. Read by the parser, not by the scanner. */
function firstKeysOf(text: string): string[] {
  const header = /^\[[^\n]*/.exec(text)?.[0];
  if (header !== undefined)
    return pathsOf(parseToml(Buffer.from(header)).table)
      .flat()
      .map(String);
  const key = /^(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[\w-]+)/.exec(text)?.[0];
  return key === undefined ? [] : Object.keys(parseToml(Buffer.from(`${key} = 0`)).table);
}
