import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { TuiError } from '../base/tui-error.ts';
import type { Options } from './options.ts';
import { parseArguments } from './parse-arguments.ts';

const directory = mkdtempSync(join(tmpdir(), 'ifcast-cli-'));
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function parse(args: string[], env: Record<string, string> = {}, interactive = true): Options {
  // commander looks there by itself.
  for (const [name, value] of Object.entries(env)) if (name.startsWith('IFCAST_')) vi.stubEnv(name, value);
  const options = parseArguments(args, {
    env,
    screen: interactive,
    keyboard: interactive,
    version: '1.2.3',
    print: () => {},
  });
  if (options === null) throw new Error('nothing to do');
  return options;
}

function failure(args: string[], env: Record<string, string> = {}): TuiError {
  try {
    parse(args, env);
  } catch (error) {
    if (error instanceof TuiError) return error;
    throw error;
  }
  throw new Error('no error');
}

test('without arguments: the screen, a broker on this machine, every host', () => {
  expect(parse([])).toEqual({
    broker: {
      urls: ['mqtt://127.0.0.1'],
      version: 'auto',
      username: null,
      password: null,
      ca: null,
      cert: null,
      key: null,
      servername: null,
      keepaliveS: 10,
    },
    topic: 'ifcast',
    onlyHost: '+',
    onlyInterface: '+',
    output: 'screen',
    count: null,
    timeoutMs: null,
    record: null,
    replay: null,
    units: 'bits',
    unitsAreChosen: false,
    colour: true,
    theme: 'auto',
    colours: {},
    ascii: false,
    alarms: [],
    stateDirectory: null,
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
  ])('%s', (text, url) => expect(parse(['--broker', text]).broker.urls).toEqual([url]));

  test('several, tried in order', () => {
    expect(parse(['-b', 'a', '-b', 'b']).broker.urls).toEqual(['mqtt://a', 'mqtt://b']);
  });
  test('the password comes from a file or from the environment', () => {
    const path = file('password', 'geheim\n');
    expect(parse(['-u', 'me', '--password-file', path]).broker).toMatchObject({
      username: 'me',
      password: 'geheim',
    });
    expect(parse([], { IFCAST_MQTT_PASSWORD: 'x' }).broker.password).toBe('x');
    expect(parse(['--password-file', path], { IFCAST_MQTT_PASSWORD: 'x' }).broker.password).toBe('geheim');
  });
});

test('a host, or one of its interfaces, by its raw name', () => {
  expect(parse(['--host', 'gw-01'])).toMatchObject({ onlyHost: 'gw-01', onlyInterface: '+' });
  expect(parse(['--host', 'gw.lan/eth0.100'])).toMatchObject({
    onlyHost: 'gw_lan',
    onlyInterface: 'eth0_100',
  });
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
    [
      ['--broker', 'http://h'],
      64,
      '--broker: broker URL "http://h" cannot be used, it does not begin with mqtt://',
    ],
    [['--broker', 'mqtt://'], 64, 'names no host'],
    [['--broker', 'mqtt://h:99999'], 64, 'not a URL'],
    [['--broker', 'mqtt://us%er@h'], 64, 'a "%" in its user or password is not written as "%25"'],
    [['--broker', 'mqtt://h/path'], 64, 'only ws:// and wss:// have a path'],
    [['--topic', 'a/#'], 64, 'use levels of'],
    [['--host', 'a/b/c'], 64, 'HOST or HOST/INTERFACE'],
    [['--count', '0'], 64, '1 or more'],
    [['--count', '1.5'], 64, '1 or more'],
    [['--json', '--timeout', '-1'], 64, 'above 0'],
    [['--timeout', '5'], 64, '--timeout needs'],
    [['--once', '--count', '2'], 64, 'cannot be used with'],
    [['--json', '--plain'], 64, 'cannot be used with'],
    [['-b', 'mqtts://h', '--cert', '/dev/null'], 64, '--cert is given without --key'],
    [['-b', 'mqtts://h', '--ca', '/dev/null'], 66, '--ca /dev/null cannot be read (not a regular file)'],
    [['--servername', 'x', '-b', 'mqtts://a', '-b', 'mqtt://b'], 64, 'mqtt://b:1883 is neither'],
    [['--speed', '2'], 64, '--speed needs --replay'],
    [['--replay', 'f', '--speed', '0'], 64, 'above 0'],
    [['--replay', 'f', '--record', 'g'], 64, 'cannot be used with'],
    [['--replay', '-'], 64, 'standard input, which is a terminal'],
    [['--force'], 64, '--force needs --record'],
    [['--mqtt-version', '4'], 64, 'auto, 5, 3.1.1'],
    [['-b', 'mqtts://h', '--ca', '/nowhere/ca.pem'], 66, '--ca /nowhere/ca.pem cannot be read (ENOENT)'],
    [['--password-file', '/nowhere'], 66, '--password-file'],
  ])('%j', (args, code, words) => {
    const error = failure(args);
    expect(error.exitCode).toBe(code);
    expect(error.message).toContain(words);
    expect(error.message).not.toMatch(/\n/);
  });
});

describe('the configuration file', () => {
  const home = join(directory, 'home');
  const write = (text: string): string => {
    mkdirSync(join(home, '.config', 'ifcast'), { recursive: true });
    const path = join(home, '.config', 'ifcast', 'config.toml');
    writeFileSync(path, text);
    return path;
  };
  const COMPLETE = `
broker = ["mqtts://a", "mqtts://b"]
username = "me"
password_file = "password"
ca = "ca.pem"
servername = "broker.lan"
mqtt_version = "5"
topic = "home/ifcast"
host = "gw-01/eth0"
units = "bytes-iec"
color = false
ascii = true

[colors]
good = "bright-green"
warn = "bold magenta"
dim = "none"
`;

  test('is read from the home, in full', () => {
    const path = write(COMPLETE);
    writeFileSync(join(path, '..', 'password'), 'geheim\n');
    writeFileSync(join(path, '..', 'ca.pem'), rootCertificates[0]!);
    expect(parse([], { HOME: home })).toMatchObject({
      broker: {
        urls: ['mqtts://a', 'mqtts://b'],
        username: 'me',
        password: 'geheim',
        ca: join(path, '..', 'ca.pem'),
        servername: 'broker.lan',
        version: '5',
      },
      topic: 'home/ifcast',
      onlyHost: 'gw-01',
      onlyInterface: 'eth0',
      units: 'bytes-iec',
      colour: false,
      colours: { good: '92', warn: '1;35', dim: '' },
      ascii: true,
    });
    const xdg = join(directory, 'xdg');
    expect(parse([], { HOME: home, XDG_CONFIG_HOME: xdg }).topic).toBe('ifcast');
    expect(parse(['--config', path], { HOME: '/nowhere' }).topic).toBe('home/ifcast');
    expect(parse([], { IFCAST_CONFIG: path }).topic).toBe('home/ifcast');
  });

  test('gives way to the environment, and that to arguments', () => {
    write('broker = "file"\ntopic = "file"\nunits = "bytes"\nhost = "file"');
    const env = { HOME: home, IFCAST_BROKER: 'env1, env2', IFCAST_TOPIC: 'env', IFCAST_HOST: 'env' };
    const options = parse(['--topic', 'argument', '--broker', 'argument'], env);
    expect(options).toMatchObject({ topic: 'argument', units: 'bytes', onlyHost: 'env' });
    expect(options.broker.urls).toEqual(['mqtt://argument']);
    expect(parse([], env).broker.urls).toEqual(['mqtt://env1', 'mqtt://env2']);
    vi.unstubAllEnvs();
    expect(parse([], { HOME: home }).broker.urls).toEqual(['mqtt://file']);
    expect(parse(['--units', 'bits'], { HOME: home }).units).toBe('bits');
  });

  test('what is wrong in it: exit code 78', () => {
    write('topic = 5');
    expect(failure([], { HOME: home })).toMatchObject({
      exitCode: 78,
      message: expect.stringMatching(/config\.toml:1:9: topic: 5 is not a text in quotes$/),
    });
  });

  test('what is remembered is in the state directory, unless the file says no', () => {
    write('');
    expect(parse([], { HOME: home }).stateDirectory).toBe(join(home, '.local', 'state', 'ifcast'));
    write('remember = false');
    expect(parse([], { HOME: home }).stateDirectory).toBeNull();
  });

  test('what belongs to its broker is not for another one', () => {
    const path = write(COMPLETE);
    writeFileSync(join(path, '..', 'password'), 'geheim\n');
    writeFileSync(join(path, '..', 'ca.pem'), rootCertificates[0]!);
    const options = parse(['--broker', 'mqtt://other'], { HOME: home });
    expect(options.topic).toBe('home/ifcast');
    expect(options.broker).toMatchObject({
      urls: ['mqtt://other'],
      username: null,
      password: null,
      ca: null,
      servername: null,
      version: 'auto',
    });
  });

  test('several faults are said together', () => {
    write('a = 1\nb = 2\ntopic = 3');
    expect(failure([], { HOME: home }).message.split('\n')).toHaveLength(3);
  });

  test('one that was named must be there', () => {
    expect(failure(['--config', '/nowhere/config.toml']).exitCode).toBe(66);
  });
});

describe('what the environment says', () => {
  test('is told as from there', () => {
    expect(failure([], { IFCAST_TOPIC: 'a/#' }).message).toMatch(/^IFCAST_TOPIC: /);
    expect(failure([], { IFCAST_HOST: 'a/b/c' }).message).toMatch(/^IFCAST_HOST: it takes HOST/);
  });

  test.each([
    [{}, false],
    [{ LC_ALL: 'C' }, true],
    [{ LC_ALL: 'POSIX', LANG: 'de_DE.UTF-8' }, true],
    [{ LANG: 'C' }, true],
    [{ LC_CTYPE: 'C.UTF-8', LANG: 'C' }, false],
    [{ LC_ALL: '', LANG: 'de_DE.utf8' }, false],
    [{ LANG: 'de_DE.ISO-8859-1' }, true],
    [{ LANG: 'de_DE.ISO-8859-15@euro' }, true],
    [{ LANG: 'de_DE' }, false],
  ])('%j: ASCII alone %s', (env, ascii) => expect(parse([], env).ascii).toBe(ascii));
});

test('--help names every option and every exit code; --version the version', () => {
  let printed = '';
  const surroundings = {
    env: {},
    screen: true,
    keyboard: true,
    version: '1.2.3',
    print: (text: string) => (printed += text),
  };
  expect(parseArguments(['--help'], surroundings)).toBeNull();
  for (const word of [
    '--broker',
    '--password-file',
    '--once',
    '--timeout',
    '--ascii',
    'IFCAST_BROKER',
    '78',
    '69',
    '75',
    '124',
  ])
    expect(printed).toContain(word);
  expect(printed.split('\n').every((line) => line.length <= 80)).toBe(true);
  printed = '';
  expect(parseArguments(['--version'], surroundings)).toBeNull();
  expect(printed).toBe('1.2.3\n');
});
