import type { ClassicProgram, ProgramHook } from '@ifcast/filter';
import type { HookName } from '@ifcast/protocol';

import { DaemonError, type DaemonErrorCode } from '../../base/daemon-error.ts';
import { ATTACH_TYPE, BpfLink } from '../../sys/bpf-link.ts';
import { PacketSocket } from '../../sys/packet-socket.ts';
import { SysError } from '../../sys/sys-error.ts';
import { Counting } from './counting.ts';
import { explainFailure } from './explain-failure.ts';
import { HOOK_KERNEL } from './hook-requirements.ts';

/** Whether this host can count in the kernel, otherwise why not. */
export type EbpfProbe =
  | { readonly possible: true }
  | { readonly possible: false; readonly code: DaemonErrorCode; readonly reason: string };

const PROBED_PROGRAM: Readonly<Record<HookName, ProgramHook>> = {
  socket: 'socket',
  tcx: 'tcxIngress',
  xdp: 'xdp',
};
/** The least that makes use of all that a program of the hook uses. */
const EVERY_PACKET: ClassicProgram = [{ op: 'return', value: 1 }];
/** No interface has it. */
const NO_INTERFACE = 0;

/** Tries everything that a hook needs short of attaching a program: capabilities, kernel version, program type. */
export function probeEbpf(hook: HookName): EbpfProbe {
  try {
    const counting = Counting.load({
      hooks: [PROBED_PROGRAM[hook]],
      classicPrograms: [EVERY_PACKET],
      sizeUpperBounds: [],
      packet: 'wire',
      link: 'ethernet',
    });
    try {
      if (hook === 'socket') PacketSocket.open(false).close();
      if (hook === 'tcx') probeTcx(counting.programFds[0]!);
    } finally {
      counting.close();
    }
    return { possible: true };
  } catch (error) {
    const explained = explainFailure(error, hook, 'an interface');
    const code = explained instanceof DaemonError ? explained.code : 'unavailable';
    return { possible: false, code, reason: explained.message };
  }
}

/** A kernel that knows tcx misses the interface, an older one the attach type. */
function probeTcx(program: number): void {
  try {
    BpfLink.create(program, NO_INTERFACE, ATTACH_TYPE.tcxIngress).close();
  } catch (error) {
    if (!(error instanceof SysError) || error.code === 'ENODEV') return;
    if (error.code !== 'EINVAL') throw error;
    throw new DaemonError('unavailable', `hook = "tcx" needs kernel ${HOOK_KERNEL.tcx} or later`, {
      cause: error,
    });
  }
}
