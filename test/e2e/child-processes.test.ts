import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const DIST = fileURLToPath(new URL('../../packages/daemon/dist', import.meta.url));

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

// From before the child's first line of code to after its last of the start.
test.each(['cap-worker-main', 'filter-compiler-main'])(
  '%s ends with its parent, at whatever moment that is killed',
  async (name) => {
    const mark = `ifcast-test-${process.pid}-${name}`;
    const parent = `
      const { fork } = require('node:child_process');
      const stdio = ['ignore', 'ignore', 'ignore', 'ipc', 'ignore'];
      fork('${DIST}/${name}.js', ['${mark}'], { stdio });
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(process.argv[1]));`;
    const delays = [0, 5, 10, 20, 30, 40, 50, 60, 80, 100, 150, 200];
    await Promise.all(
      delays.map((delayMs) => once(spawn(process.execPath, ['-e', parent, String(delayMs)]), 'exit')),
    );
    await expect.poll(() => running(mark), { timeout: 20_000 }).toEqual([]);
  },
);
