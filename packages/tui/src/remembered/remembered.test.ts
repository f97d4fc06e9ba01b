import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { INTERFACE, infoEvent, ONLINE } from '../fixtures.ts';
import { ScreenMemory } from './screen-memory.ts';
import { SeenHosts } from './seen-hosts.ts';
import { stateDirectory } from './state-directory.ts';

const root = mkdtempSync(join(tmpdir(), 'ifcast-state-'));
afterAll(() => rmSync(root, { recursive: true }));

test('the state directory', () => {
  expect(stateDirectory({ HOME: '/home/a' })).toBe('/home/a/.local/state/ifcast');
  expect(stateDirectory({ HOME: '/home/a', XDG_STATE_HOME: '/s' })).toBe('/s/ifcast');
  expect(stateDirectory({})).toBeNull();
});

describe('how the screen was left', () => {
  const directory = join(root, 'a', 'b', 'ifcast');
  const words = { units: 'bytes', reversed: true };

  test('comes back, and the file is for its owner alone', () => {
    const memory = new ScreenMemory(directory);
    expect(memory.recall()).toEqual({});
    memory.remember({ units: 'bits' });
    memory.remember(words);
    expect(new ScreenMemory(directory).recall()).toMatchObject(words);
    expect(readdirSync(directory)).toEqual(['screen.json']);
    expect(statSync(join(directory, 'screen.json')).mode & 0o777).toBe(0o600);
  });

  test.each([
    '',
    '{"v":1,"units":"by',
    '{"v":2,"units":"bytes"}',
    '[]',
    'null',
    '{"v":1,"units":5,"sort":{"a":1}}',
    'GIF89a\u0000',
    '['.repeat(100_000),
  ])('what is torn or of others costs nothing: %j', (content) => {
    writeFileSync(join(directory, 'screen.json'), content);
    expect(new ScreenMemory(directory).recall()).not.toHaveProperty('units');
  });

  test('nothing is kept where nothing can be, and nothing is said', () => {
    for (const place of ['/dev/null', '/proc/nothing', join(root, 'file')]) {
      writeFileSync(join(root, 'file'), '');
      const memory = new ScreenMemory(join(place, 'ifcast'));
      memory.remember(words);
      expect(memory.recall()).toEqual({});
    }
    const taken = join(root, 'taken');
    mkdirSync(join(taken, 'screen.json'), { recursive: true });
    chmodSync(taken, 0o700);
    new ScreenMemory(taken).remember(words);
    expect(readdirSync(taken)).toEqual(['screen.json']);
  });
});

describe('names that were seen', () => {
  const directory = join(root, 'seen');
  const lines = (): string[] => readFileSync(join(directory, 'hosts'), 'utf8').trimEnd().split('\n');

  function see(...hosts: string[]): void {
    const seen = new SeenHosts(directory);
    for (const host of hosts) seen.see(infoEvent({ host }));
    seen.see(ONLINE);
    seen.save();
  }

  test('are kept, newest first, once', () => {
    see();
    expect(() => lines()).toThrow('ENOENT');
    see('gw-01');
    see('gw-01', 'gw-02');
    expect(lines()).toEqual(['gw-02', 'gw-02/eth0', 'gw-01', 'gw-01/eth0']);
  });

  test('unless a shell could take them for something else', () => {
    const seen = new SeenHosts(directory);
    const interfaces = ['eth0', '$(id)', 'a b', '*', '../x', 'ä'].map((name) => ({ ...INTERFACE, name }));
    seen.see(infoEvent({ host: 'ok', interfaces }));
    for (const host of ['$(id)', '`id`', 'a b', '-x', 'a\nb', '~', 'a/b/c', ''])
      seen.see(infoEvent({ host }));
    seen.save();
    expect(lines().slice(0, -4)).toEqual(['ok', 'ok/eth0']);
  });

  test('and no more than five hundred, whatever comes or is there', () => {
    writeFileSync(join(directory, 'hosts'), '$(id)\n'.repeat(9_000));
    see(...Array.from({ length: 1_000 }, (_, index) => `host-${index}`));
    expect(lines()).toHaveLength(500);
    expect(lines().join()).not.toContain('$');
  });
});
