import { release } from 'node:os';

import { FilterError } from '@ifcast/filter';
import type { HookName } from '@ifcast/protocol';

import { DaemonError } from '../../base/daemon-error.ts';
import { VerifierError } from '../../sys/bpf-program.ts';
import { missingCapabilities } from '../../sys/capabilities.ts';
import { SysError } from '../../sys/sys-error.ts';
import { HOOK_CAPABILITIES, HOOK_KERNEL } from './hook-requirements.ts';
import { explainXdpBusy, XdpBusy } from './xdp-busy.ts';

/** What the verifier says of a program that is right but too much for it. */
const TOO_LARGE = /too large|too complex|too many/;

/**
 * A failure of the kernel as one sentence with its remedy.
 *
 * @param subject - what was to be counted, for example `eth0`
 */
export function explainFailure(error: unknown, hook: HookName, subject: string): Error {
  const cause = { cause: error };
  if (error instanceof FilterError) {
    return new DaemonError(
      'unavailable',
      `${subject} cannot be counted in the kernel: ${error.message}`,
      cause,
    );
  }
  if (error instanceof SysError && isTooLarge(error)) return tooLarge(subject, cause);
  if (error instanceof XdpBusy) {
    return new DaemonError('unavailable', explainXdpBusy(subject, error.other, error.mode), cause);
  }
  if (error instanceof VerifierError) {
    return new DaemonError(
      'unavailable',
      `the kernel refuses the eBPF program for ${subject} (${error.message}; --debug shows all of it); ` +
        `kernel ${HOOK_KERNEL[hook]} or later is needed for hook = "${hook}", this is ${release()}`,
      cause,
    );
  }
  if (!(error instanceof SysError)) return error instanceof Error ? error : new Error(String(error));
  switch (error.code) {
    case 'EPERM':
      return new DaemonError('noPermission', notPermitted(hook, subject, error), cause);
    case 'ENOSYS':
      return new DaemonError('unavailable', `this kernel has no bpf(2): ${error.message}`, cause);
    default:
      return new DaemonError(
        'unavailable',
        `${subject} cannot be counted in the kernel: ${error.message}`,
        cause,
      );
  }
}

function isTooLarge(error: SysError): boolean {
  return error.code === 'E2BIG' || (error instanceof VerifierError && TOO_LARGE.test(error.message));
}

function tooLarge(subject: string, options: ErrorOptions): DaemonError {
  return new DaemonError(
    'config',
    `the filters are too large for an eBPF program on ${subject}; use networks instead of single hosts, fewer of them, or backend = "cap"`,
    options,
  );
}

function notPermitted(hook: HookName, subject: string, error: SysError): string {
  const missing = missingCapabilities(HOOK_CAPABILITIES[hook]);
  if (missing.length === 0) {
    return `counting ${subject} with eBPF is refused though no capability is missing (${error.message}): a container, a security module, a system call filter or, before Linux 5.11, the limit of locked memory (ulimit -l) forbids it`;
  }
  const are = missing.length === 1 ? 'is' : 'are';
  return `counting ${subject} with eBPF (hook = "${hook}") is not permitted: ${missing.join(' and ')} ${are} missing; run as root or grant what is missing, see "ifcastd doctor"`;
}
