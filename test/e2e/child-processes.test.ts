import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { WorkerMemory } from '../../packages/daemon/src/capture/cap/worker-memory.ts';

const WORKER = fileURLToPath(new URL('../../packages/daemon/dist/cap-worker-main.js', import.meta.url));

/** The processes that were started with this among their arguments. */
function running(mark: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
}

test('a cap worker ends with its parent, at whatever moment that is killed', async () => {
  const mark = `ifcast-test-${process.pid}`;
  const directory = mkdtempSync(join(tmpdir(), 'ifcast-children-'));
  const memory = join(directory, 'memory');
  writeFileSync(memory, '');
  truncateSync(memory, WorkerMemory.bytes);
  const parent = `
    const memory = require('node:fs').openSync('${memory}', 'r+');
    const stdio = ['ignore', 'ignore', 'ignore', 'ipc', memory];
    require('node:child_process').fork('${WORKER}', ['${mark}'], { stdio });
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(process.argv[1]));`;
  // From before its first line of code to after its start.
  const delays = [0, 10, 20, 40, 60, 80, 100, 150, 200, 300, 400];
  try {
    await Promise.all(
      delays.map((delayMs) => once(spawn(process.execPath, ['-e', parent, String(delayMs)]), 'exit')),
    );
    await expect.poll(() => running(mark), { timeout: 20_000 }).toEqual([]);
  } finally {
    for (const pid of running(mark)) process.kill(Number(pid));
    rmSync(directory, { recursive: true });
  }
});
