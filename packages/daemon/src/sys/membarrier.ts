import { setTimeout as delay } from 'node:timers/promises';

import { libcFunction } from './libc.ts';
import { SysError } from './sys-error.ts';

/** asm/unistd.h */
const SYSCALL_NUMBER: Readonly<Record<string, number>> = { x64: 324, arm64: 283 };
const MEMBARRIER_CMD_GLOBAL = 1;
/** No program runs on a packet for anything like this long. */
const FALLBACK_MS = 100;

const syscall = libcFunction('long syscall(long nr, long a, long b, long c)');

/**
 * Waits until no processor runs any longer what it ran at the call: an eBPF program that has been replaced has then done
 * its last count. `membarrier` waits for an RCU grace period, some milliseconds; where it is not allowed, time has to do.
 *
 * @see membarrier(2)
 */
export async function waitForRunningPrograms(): Promise<void> {
  const number = SYSCALL_NUMBER[process.arch];
  try {
    if (number !== undefined) {
      syscall('wait for running eBPF programs', number, MEMBARRIER_CMD_GLOBAL, 0, 0);
      return;
    }
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
  await delay(FALLBACK_MS);
}
