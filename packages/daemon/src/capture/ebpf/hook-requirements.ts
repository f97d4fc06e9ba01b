import type { HookName } from '@ifcast/protocol';

import type { CapabilityName } from '../../sys/capabilities.ts';

/** What each hook needs, and no more. */
export const HOOK_CAPABILITIES: Readonly<Record<HookName, readonly CapabilityName[]>> = {
  socket: ['CAP_BPF', 'CAP_NET_RAW'],
  tcx: ['CAP_BPF', 'CAP_NET_ADMIN'],
  xdp: ['CAP_BPF', 'CAP_NET_ADMIN'],
};

/** The first kernel that has all that a hook uses. */
export const HOOK_KERNEL: Readonly<Record<HookName, string>> = { socket: '5.8', tcx: '6.6', xdp: '5.18' };
