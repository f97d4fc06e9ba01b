import { libcFunction } from './libc.ts';

// linux/prctl.h, bits/resource.h
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
const RLIMIT_CORE = 4;

const prctl = libcFunction(
  'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
);
const setrlimit = libcFunction('int setrlimit(int resource, void *limit)');

/**
 * Makes the kernel kill this process when its parent dies, however busy it is then; and ends it when the parent has died
 * already, or closes its channel.
 *
 * @throws {@link SysError}
 * @see prctl(2), PR_SET_PDEATHSIG
 */
export function dieWithParent(): void {
  prctl('set the parent-death signal', PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  process.on('disconnect', () => process.exit(0));
  // While this program was loaded; nobody is told of it again.
  if (process.connected === false) process.exit(0);
}

/**
 * Keeps this process from writing a core file when it aborts.
 *
 * @throws {@link SysError}
 * @see setrlimit(2)
 */
export function writeNoCore(): void {
  setrlimit('forbid core files', RLIMIT_CORE, Buffer.alloc(16));
}

/**
 * Ignores what is sent to the whole process group, a terminal's Ctrl-C or the SIGTERM of timeout(1): the daemon decides when
 * its children end.
 */
export function leaveSignalsToParent(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
}
