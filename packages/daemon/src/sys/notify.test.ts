import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { notifyServiceManager, watchdogIntervalMs } from './notify.ts';

/** Receives datagrams as systemd does, and prints each as a line of JSON. */
const RECEIVER = `
import json, socket, sys
path = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind('\\0' + path[1:] if path.startswith('@') else path)
print('bound', flush=True)
while True:
    print(json.dumps(receiver.recv(4096).decode()), flush=True)
`;

let directory: string;
let receiver: ChildProcessByStdio<null, Readable, null> | undefined;
let lines: AsyncIterator<string>;
let reader: Interface;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ifcast-notify-'));
});
afterEach(async () => {
  if (receiver !== undefined) {
    reader.close();
    receiver.kill();
    await once(receiver, 'exit');
    receiver = undefined;
  }
  rmSync(directory, { recursive: true });
});

async function receive(path: string): Promise<void> {
  receiver = spawn('python3', ['-c', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  reader = createInterface({ input: receiver.stdout });
  lines = reader[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('bound');
}

async function received(): Promise<unknown> {
  return JSON.parse((await lines.next()).value);
}

test.each(['path', 'abstract name'])('a message reaches a socket with a %s', async (kind) => {
  const path = kind === 'path' ? join(directory, 'notify') : `@ifcast-test-${process.pid}`;
  await receive(path);
  expect(notifyServiceManager(['READY=1', 'STATUS=counts 5 filters,\nü'], { NOTIFY_SOCKET: path })).toBe(
    true,
  );
  expect(await received()).toBe('READY=1\nSTATUS=counts 5 filters, ü');
  notifyServiceManager(['WATCHDOG=1'], { NOTIFY_SOCKET: path });
  expect(await received()).toBe('WATCHDOG=1');
});

test('without a service manager nothing happens', () => {
  expect(notifyServiceManager(['READY=1'], {})).toBe(false);
  expect(notifyServiceManager(['READY=1'], { NOTIFY_SOCKET: '' })).toBe(false);
});

test.each([
  ['/nowhere/to/be/found', 'ENOENT'],
  ['relative', 'EINVAL'],
  [`/${'x'.repeat(108)}`, 'EINVAL'],
])('a socket that cannot be reached is an error (%s)', (path, code) => {
  expect(() => notifyServiceManager(['READY=1'], { NOTIFY_SOCKET: path })).toThrow(`notify ${path}: ${code}`);
});

test.each([
  [{}, null],
  [{ WATCHDOG_USEC: '30000000' }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, null],
  [{ WATCHDOG_USEC: '1' }, 1],
  [{ WATCHDOG_USEC: '0' }, null],
  [{ WATCHDOG_USEC: 'x' }, null],
])('the watchdog of %j is told every %j ms', (env, interval) => {
  expect(watchdogIntervalMs(env, 7)).toBe(interval);
});
