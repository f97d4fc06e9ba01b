import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { type CapabilityName, capabilityBits, capabilitySets } from './capabilities.ts';
import { libcFunction } from './libc.ts';
import { readProc } from './read-proc.ts';
import { setCapabilities } from './set-capabilities.ts';

/** Set in the new image, so that it does not do the same again. */
const MARK = 'IFCAST_CONFINED';

// linux/prctl.h, linux/capability.h
const PR_CAPBSET_DROP = 24;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const CAP_DAC_READ_SEARCH = 2;
const CAP_SETPCAP = 8;
// bits/fcntl.h
const F_SETFD = 2;

const prctl = libcFunction('int prctl(int option, ulong a, ulong b, ulong c, ulong d)');
const fcntl = libcFunction('int fcntl(int fd, int command, int argument)');
const execve = libcFunction('int execve(const char *path, const char **argv, const char **envp)');

/** What a process keeps: what it needs; CAP_DAC_READ_SEARCH too, which reads every file; all that it had. */
export type Confinement = 'needed' | 'reading' | 'all';

/**
 * Keeps these capabilities of those that the process has, and gives up all others for good.
 *
 * Capabilities belong to threads, and Node has started several before any of our code runs. So the main thread limits what
 * an execve(2) may give and then executes this same program again: the other threads end, the process id, the standard
 * streams and the environment stay. Costs one start of Node, some 40 ms, and only where there is something to give up.
 *
 * Root without its capabilities reads what root owns and what is open to all: not a program in another user's home, nor a
 * configuration that only its owner reads. There reading is kept too.
 *
 * @param works - tried without the others first, on the main thread: it throws where they are missed
 * @returns what is kept; where there is something to give up it returns in the program that is executed again
 * @throws {@link SysError}
 * @see capabilities(7), "Transformation of capabilities during execve()"
 */
export function confineToCapabilities(names: readonly CapabilityName[], works: () => unknown): Confinement {
  const marked = process.env[MARK] !== undefined;
  delete process.env[MARK];
  if (process.platform !== 'linux') return 'needed';
  const { permitted, effective, inheritable } = capabilitySets();
  const reading = permitted & (1n << BigInt(CAP_DAC_READ_SEARCH));
  if (marked) return reading === 0n ? 'needed' : 'reading';
  const needed = permitted & capabilityBits(names);
  if (permitted === needed) return 'needed';
  const worksWith = (kept: bigint): boolean => {
    setCapabilities({ effective: kept, permitted, inheritable });
    try {
      readProgram();
      works();
      return true;
    } catch {
      return false;
    } finally {
      setCapabilities({ effective, permitted, inheritable });
    }
  };
  const kept = [needed, needed | reading].find(worksWith);
  if (kept === undefined) return 'all';
  setCapabilities({ effective: permitted, permitted, inheritable });
  limitBoundingSet(permitted, kept);
  setCapabilities({ effective: kept, permitted: kept, inheritable: kept });
  raiseAmbient(kept);
  return executeAgain();
}

/** @throws Error when Node or this program could not be started again */
function readProgram(): void {
  for (const file of [process.execPath, process.argv[1], fileURLToPath(import.meta.url)]) {
    if (file !== undefined) closeSync(openSync(file, 'r'));
  }
}

/** Root gets at execve(2) whatever the bounding set holds. */
function limitBoundingSet(permitted: bigint, kept: bigint): void {
  // Without CAP_SETPCAP it cannot be limited; who lacks it is not root and gets the ambient set alone.
  if ((permitted & (1n << BigInt(CAP_SETPCAP))) === 0n) return;
  const last = Number(readProc('/proc/sys/kernel/cap_last_cap'));
  for (let capability = 0; capability <= last; capability++) {
    if ((kept & (1n << BigInt(capability))) !== 0n) continue;
    prctl('limit the capability bounding set', PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
}

/** What a user other than root keeps at execve(2). */
function raiseAmbient(kept: bigint): void {
  prctl('clear the ambient capabilities', PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (let capability = 0; capability < 64; capability++) {
    if ((kept & (1n << BigInt(capability))) === 0n) continue;
    prctl('keep a capability', PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
  }
}

function executeAgain(): never {
  // Node has made them close at execve(2).
  for (const stream of [0, 1, 2]) fcntl('keep a standard stream', stream, F_SETFD, 0);
  const argv = [process.argv0, ...process.execArgv, ...process.argv.slice(1)];
  const environment = Object.entries({ ...process.env, [MARK]: '1' }).map(
    ([name, value]) => `${name}=${value}`,
  );
  execve('execute ifcastd again', '/proc/self/exe', [...argv, null], [...environment, null]);
  throw new Error('execve(2) has returned');
}
