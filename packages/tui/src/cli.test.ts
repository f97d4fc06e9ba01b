import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { parseArguments } from './cli.ts';
import type { Options } from './options.ts';
import { TuiError } from './tui-error.ts';

const directory = mkdtempSync(join(tmpdir(), 'ifcast-cli-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function parse(args: string[], env: Record<string, string> = {}, interactive = true): Options {
  const options = parseArguments(args, { env, interactive, version: '1.2.3', print: () => {} });
  if (options === null) throw new Error('nothing to do');
  return options;
}

function failure(args: string[]): TuiError {
  try {
    parse(args);
  } catch (error) {
    if (error instanceof TuiError) return error;
    throw error;
  }
  throw new Error('no error');
}

test('without arguments: the screen, a broker on this machine, every host', () => {
  expect(parse([])).toEqual({
    brokers: [{ label: 'mqtt://127.0.0.1', url: 'mqtt://127.0.0.1', username: null, password: null }],
    version: 'auto',
    ca: null,
    cert: null,
    key: null,
    servername: null,
    topic: 'ifcast',
    host: '+',
    iface: '+',
    output: 'screen',
    count: null,
    timeoutMs: null,
    record: null,
    replay: null,
    colour: true,
    ascii: false,
  });
});

describe('output', () => {
  test.each<[string[], boolean, Options['output'], number | null]>([
    [[], true, 'screen', null],
    [[], false, 'plain', null],
    [['--plain'], true, 'plain', null],
    [['--json'], true, 'json', null],
    [['--once'], true, 'plain', 1],
    [['--json', '--once'], true, 'json', 1],
    [['--json', '--count', '20'], true, 'json', 20],
  ])('%j, terminal: %s', (args, interactive, output, count) => {
    expect(parse(args, {}, interactive)).toMatchObject({ output, count });
  });
});

describe('brokers', () => {
  test.each([
    ['10.0.0.2', 'mqtt://10.0.0.2'],
    ['broker:8883', 'mqtt://broker:8883'],
    ['mqtts://broker', 'mqtts://broker'],
    ['wss://broker/mqtt', 'wss://broker/mqtt'],
    ['mqtt://[::1]:1884', 'mqtt://[::1]:1884'],
  ])('%s', (text, url) => expect(parse(['--broker', text]).brokers[0]).toMatchObject({ url, label: url }));

  test('several, tried in order', () => {
    expect(parse(['-b', 'a', '-b', 'b']).brokers.map(({ url }) => url)).toEqual(['mqtt://a', 'mqtt://b']);
  });
  test('user and password of the URL are not shown', () => {
    expect(parse(['-b', 'mqtt://us%40er:p%3Aw@h']).brokers[0]).toEqual({
      label: 'mqtt://h',
      url: 'mqtt://h',
      username: 'us@er',
      password: 'p:w',
    });
  });
  test('the password comes from a file or from the environment', () => {
    const path = file('password', 'geheim\n');
    expect(parse(['-u', 'me', '--password-file', path]).brokers[0]).toMatchObject({
      username: 'me',
      password: 'geheim',
    });
    expect(parse([], { IFCAST_MQTT_PASSWORD: 'x' }).brokers[0]?.password).toBe('x');
    expect(parse(['--password-file', path], { IFCAST_MQTT_PASSWORD: 'x' }).brokers[0]?.password).toBe(
      'geheim',
    );
  });
});

test('a host, or one of its interfaces, by its raw name', () => {
  expect(parse(['--host', 'gw-01'])).toMatchObject({ host: 'gw-01', iface: '+' });
  expect(parse(['--host', 'gw.lan/eth0.100'])).toMatchObject({ host: 'gw_lan', iface: 'eth0_100' });
});

test('colours', () => {
  expect(parse(['--no-color']).colour).toBe(false);
  expect(parse([], { NO_COLOR: '1' }).colour).toBe(false);
  expect(parse([], { NO_COLOR: '' }).colour).toBe(true);
});

describe('what is wrong is said with its remedy', () => {
  test.each([
    [['--nope'], 64, 'unknown option'],
    [['extra'], 64, 'too many arguments'],
    [['--broker', 'http://h'], 64, 'must begin with mqtt://'],
    [['--broker', 'mqtt://'], 64, 'names no host'],
    [['--broker', 'mqtt://h:99999'], 64, 'not a URL'],
    [['--topic', 'a/#'], 64, 'use levels of'],
    [['--host', 'a/b/c'], 64, 'HOST or HOST/INTERFACE'],
    [['--count', '0'], 64, '1 or more'],
    [['--count', '1.5'], 64, '1 or more'],
    [['--json', '--timeout', '-1'], 64, 'above 0'],
    [['--timeout', '5'], 64, '--timeout needs'],
    [['--once', '--count', '2'], 64, 'cannot be used with'],
    [['--json', '--plain'], 64, 'cannot be used with'],
    [['--cert', '/dev/null'], 64, 'need each other'],
    [['--servername', 'x', '-b', 'mqtts://a', '-b', 'mqtt://b'], 64, 'mqtt://b is neither'],
    [['--speed', '2'], 64, '--speed needs --replay'],
    [['--replay', 'f', '--speed', '0'], 64, 'above 0'],
    [['--replay', 'f', '--record', 'g'], 64, 'cannot be used with'],
    [['--mqtt-version', '4'], 64, 'auto, 5, 3.1.1'],
    [['-b', 'mqtts://h', '--ca', '/nowhere/ca.pem'], 66, '--ca: cannot read "/nowhere/ca.pem" (ENOENT)'],
    [['--password-file', '/nowhere'], 66, '--password-file'],
  ])('%j', (args, code, words) => {
    const error = failure(args);
    expect(error.exitCode).toBe(code);
    expect(error.message).toContain(words);
    expect(error.message).not.toMatch(/\n/);
  });
});

test('--help names every option and every exit code; --version the version', () => {
  let printed = '';
  const surroundings = {
    env: {},
    interactive: true,
    version: '1.2.3',
    print: (text: string) => (printed += text),
  };
  expect(parseArguments(['--help'], surroundings)).toBeNull();
  for (const word of ['--broker', '--password-file', '--once', '--timeout', '--ascii', '69', '75', '124'])
    expect(printed).toContain(word);
  expect(printed.split('\n').every((line) => line.length <= 80)).toBe(true);
  printed = '';
  expect(parseArguments(['--version'], surroundings)).toBeNull();
  expect(printed).toBe('1.2.3\n');
});
