import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';
import { EXIT } from '../../packages/tui/src/base/tui-error.ts';
import { ALARM_KEYS } from '../../packages/tui/src/command-line/alarm-keys.ts';
import { readConfigFile } from '../../packages/tui/src/command-line/config-file.ts';
import { CONFIG_KEYS } from '../../packages/tui/src/command-line/config-keys.ts';
import { parseArguments } from '../../packages/tui/src/command-line/parse-arguments.ts';
import { COLOURED_STYLES } from '../../packages/tui/src/theme/colours.ts';
import { CertificateAuthority } from '../support/certificates.ts';
import { requirements } from '../support/requirements.ts';

const text = readFileSync(new URL('../../docs/dashboard.md', import.meta.url), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'ifcast-docs-'));
afterAll(() => rmSync(directory, { recursive: true }));

test.runIf(requirements('openssl'))('the configuration in docs/dashboard.md is one, with every key', () => {
  const path = join(directory, 'config.toml');
  writeFileSync(path, /```toml\n([\s\S]*?)```/.exec(text)![1]!);
  writeFileSync(join(directory, 'password'), 'x');
  new CertificateAuthority(directory, 'ca').issue('viewer', ['DNS:viewer']);
  const file = readConfigFile(path, true, {});
  expect(new Set([...file!.settings.keys(), 'remember'])).toEqual(
    new Set(CONFIG_KEYS.map((key) => key.replaceAll('_', '-'))),
  );
  for (const key of ALARM_KEYS) expect(text).toMatch(new RegExp(`^${key} = |or ${key}; `, 'm'));
  const options = parseArguments(['--config', path], {
    env: {},
    screen: true,
    keyboard: true,
    version: '',
    print: () => {},
  });
  expect(options?.broker.urls).toHaveLength(2);
  expect(options).toMatchObject({
    theme: 'auto',
    stateDirectory: null,
    alarms: [{ quantity: 'link_share', limit: 0.8, forMs: 10_000, bell: true }],
  });
  expect(options?.colours).toEqual({ good: '32', accent: '94' });
  for (const style of COLOURED_STYLES) expect(text).toContain(style);
});

test('every exit code is in docs/dashboard.md', () => {
  for (const [name, code] of Object.entries(EXIT)) {
    if (name !== 'bug') expect(text, name).toMatch(new RegExp(`^\\|[ \\d]*\\b${code}\\b[ \\d]*\\|`, 'm'));
  }
});
