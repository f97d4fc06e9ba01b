import { expect, test } from 'vitest';
import { DaemonError } from './base/daemon-error.ts';
import { type Invocation, parseArguments } from './cli.ts';

function parsed(...argv: string[]): { readonly invocation: Invocation | null; readonly printed: string } {
  let printed = '';
  const invocation = parseArguments(argv, '1.2.3', (text) => {
    printed += text;
  });
  return { invocation, printed };
}

function usageError(...argv: string[]): string {
  try {
    parsed(...argv);
  } catch (error) {
    if (error instanceof DaemonError && error.code === 'usage') return error.message;
    throw error;
  }
  throw new Error(`${argv.join(' ')} is no usage error`);
}

test('without arguments it runs with the configuration alone', () => {
  expect(parsed().invocation).toEqual({
    command: 'run',
    debug: false,
    configFile: null,
    overrides: {},
    replay: null,
  });
});

test('every option of a run', () => {
  const argv =
    '-c f.toml -i eth0 --interface eth1 --backend cap --hook xdp --packet captured -b mqtt://a -b ws://b -H me -t a/b --debug';
  expect(parsed(...argv.split(' ')).invocation).toEqual({
    command: 'run',
    debug: true,
    configFile: 'f.toml',
    overrides: {
      interfaces: ['eth0', 'eth1'],
      backend: 'cap',
      hook: 'xdp',
      packet: 'captured',
      urls: ['mqtt://a', 'ws://b'],
      host: 'me',
      topic: 'a/b',
      logLevel: 'debug',
    },
    replay: null,
  });
});

test('the last configuration that is named counts', () => {
  expect(parsed('-c', 'a', '-c', 'b').invocation).toMatchObject({ configFile: 'b' });
});

test('words with a meaning of their own', () => {
  const { invocation } = parsed('--interface', 'auto', '--broker', 'embedded');
  expect(invocation).toMatchObject({ overrides: { interfaces: 'auto', urls: 'embedded' } });
});

test('a replay counts no interface', () => {
  const { invocation } = parsed('--interface', 'eth0', '--replay', 'x.pcap');
  expect(invocation).toMatchObject({ replay: 'x.pcap', overrides: { interfaces: 'auto' } });
});

test('the commands', () => {
  expect(parsed('check', '-c', 'f').invocation).toEqual({ command: 'check', debug: false, configFile: 'f' });
  expect(parsed('-c', 'f', 'check').invocation).toEqual({ command: 'check', debug: false, configFile: 'f' });
  expect(parsed('init').invocation).toEqual({ command: 'init', debug: false, configFile: null });
  expect(parsed('count', '-r', '-', '--match', 'a=tcp[13]  = 2', '-m', 'all=', '--json').invocation).toEqual({
    command: 'count',
    debug: false,
    configFile: null,
    files: ['-'],
    filters: [
      { id: 'a', expression: 'tcp[13] = 2' },
      { id: 'all', expression: '' },
    ],
    json: true,
  });
});

test('cleanup takes the broker from the command line too', () => {
  const argv = ['cleanup', '-c', 'f', '-b', 'mqtt://a', '-H', 'old', '-t', 'b', '--force'];
  expect(parsed(...argv).invocation).toEqual({
    command: 'cleanup',
    debug: false,
    configFile: 'f',
    overrides: { urls: ['mqtt://a'], host: 'old', topic: 'b' },
    force: true,
  });
});

test.each([[], ['check'], ['init'], ['count'], ['cleanup']])('help and version, also of %s', (...command) => {
  for (const flag of ['-h', '--help']) {
    const { invocation, printed } = parsed(...command, flag);
    expect(invocation).toBeNull();
    expect(printed).toContain(`Usage: ${['ifcastd', ...command].join(' ')} [options]`);
  }
  for (const flag of ['-V', '--version']) {
    expect(parsed(...command, flag)).toEqual({ invocation: null, printed: '1.2.3\n' });
  }
});

test.each<[argv: string[], message: string]>([
  [['--bakend', 'cap'], "unknown option '--bakend' (Did you mean --backend?)"],
  [['--backend', 'dpdk'], "option '--backend <name>' argument 'dpdk' is invalid"],
  [['--count', 'wire'], '--count is called --packet now'],
  [['-c'], "option '-c, --config <file>' argument missing"],
  [['chekc'], 'there is no command "chekc" (did you mean check?)'],
  [['eth0'], 'there is no command "eth0"; see'],
  [['\u001b[31m'], 'there is no command "\\u001b[31m"; see'],
  [['--\u001b[31m'], "unknown option '--\\u{1b}[31m'"],
  [['check', 'f.toml'], "too many arguments for 'check'"],
  [['count'], "required option '-r, --read <file>' not specified"],
  [['count', '-r', 'x', '-m', 'tcp'], '--match "tcp" has no "="'],
  [['count', '-r', ''], '--read is empty'],
  [['count', '-r', 'x', '-r', 'y', '-r', 'x'], '--read "x" is given twice'],
  [['count', '-r', 'x', '-m', 'a=tcp', '-m', 'a=udp'], '--match gives the id "a" twice'],
  [['count', '-r', 'x', '-m', 'A B=tcp'], '--match: "A B" is not an id'],
  [['-i', 'eth0.1', '-i', 'eth0_1'], '--interface: the interfaces "eth0.1" and "eth0_1" would share'],
  [['-i', 'a b'], '--interface: "a b" is not the name of an interface'],
  [['-b', 'http://u:secret@a'], '--broker: broker URL "http://'],
  [['-b', 'embedded', '-b', 'mqtt://a'], '--broker: "embedded" stands alone'],
  [['-t', 'a/#'], '--topic: topic base "a/#" cannot be used'],
  [['-H', 'a\nb'], '--host: "a\\nb" is not text without control and invisible characters'],
])('wrong arguments are one line: %j', (argv, message) => {
  const error = usageError(...argv);
  expect(error).toContain(message);
  expect(error).toMatch(/^[^\n\u001b]+; see ifcastd --help$/);
  expect(error).not.toContain('secret');
});
