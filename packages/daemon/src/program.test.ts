import { expect, test } from 'vitest';
import { DaemonError } from './base/daemon-error.ts';
import { ConfigError } from './config/config-error.ts';
import { describeError, runProgram } from './program.ts';

const FAULT = { file: 'f', key: 'a', position: { line: 1, column: 2 }, message: 'is wrong' };

test('a fault of the configuration is a line that editors can follow', () => {
  const position = { line: 3, column: 1 };
  const error = new ConfigError([{ ...FAULT, key: '', position }, FAULT]);
  expect(describeError(error, false)).toEqual(['f:1:2: a: is wrong', 'f:3:1: is wrong']);
});

test('more faults than anybody reads are counted', () => {
  const lines = describeError(new ConfigError(new Array(52).fill(FAULT)), false);
  expect(lines).toHaveLength(51);
  expect(lines.at(-1)).toBe('ifcastd: and 2 more faults');
});

test('any other failure is one line, with its origin only in debug', () => {
  const error = new DaemonError('noPermission', 'CAP_\u001bNET_RAW is missing', {
    cause: new Error('EPERM'),
  });
  expect(describeError(error, false)).toEqual(['ifcastd: CAP_\\u{1b}NET_RAW is missing']);
  const lines = describeError(error, true);
  expect(lines[0]).toBe('ifcastd: CAP_\\u{1b}NET_RAW is missing');
  expect(lines.join('\n')).toMatch(/at .*program\.test\.ts[\s\S]*caused by Error: EPERM/);
  expect(lines.join('')).not.toMatch(/\p{Cc}/u);
});

test('a fault of the program says so, and how to learn more', () => {
  expect(describeError(new TypeError('x is not a function'), false)).toEqual([
    'ifcastd: bug: x is not a function (--debug tells where)',
  ]);
  expect(describeError(new TypeError('x\nis'), true).slice(0, 2)).toEqual([
    'ifcastd: bug: x\\u{a}is',
    'TypeError: x',
  ]);
  expect(describeError('thrown text', true)[0]).toBe('ifcastd: bug: thrown text');
});

test('gives exit codes, and marks the priority for journald', async () => {
  const said: string[] = [];
  const surroundings = {
    env: {},
    signals: { on: () => {}, off: () => {} },
    stdout: (text: string) => said.push(text),
    stderr: (text: string) => said.push(text),
    replaceStderr: () => {},
    journal: true,
  };
  expect(await runProgram(['--version'], surroundings)).toBe(0);
  expect(await runProgram(['--nothing-like-it'], surroundings)).toBe(64);
  expect(await runProgram(['-c', '/nowhere.toml'], surroundings)).toBe(78);
  expect(said).toEqual([
    expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    "<3>ifcastd: unknown option '--nothing-like-it'; see ifcastd --help\n",
    expect.stringMatching(/^<3>\/nowhere\.toml: .*\n$/),
  ]);
});
