import type { HookName } from '@ifcast/protocol';

import { takesVlanTagsOut } from '../../sys/network-interface.ts';
import { qdiscKinds } from '../../sys/qdisc.ts';
import { SysError } from '../../sys/sys-error.ts';

/** What is told of an interface whose VLAN tags XDP does not see. */
export function hiddenTagsNote(iface: string): string {
  return `XDP does not see the VLAN tags that the network card takes out: "vlan" does not match these packets, and each counts 4 bytes less; "ethtool -K ${iface} rxvlan off" leaves the tags in`;
}

/** What is told of an interface of which the headers of merged packets are not known. */
export function unknownHeadersNote(linkType: string): string {
  return `the headers of link type ${linkType} are not known: of a packet that the kernel has merged, each segment but the last lacks their bytes`;
}

const CLSACT_NOTE =
  'tc filters (qdisc clsact) run after hook = "tcx": what they drop or change on its way out has been counted as it was';

/** What a hook counts otherwise than one would think, on an interface as it is now. */
export function hookNotes(hook: HookName, iface: string, ifindex: number): readonly string[] {
  try {
    return notesOf(hook, iface, ifindex);
  } catch (error) {
    // Counting goes on, whether its surroundings can be seen or not.
    if (error instanceof SysError) return [];
    throw error;
  }
}

function notesOf(hook: HookName, iface: string, ifindex: number): readonly string[] {
  switch (hook) {
    case 'socket':
      return [];
    case 'tcx':
      return qdiscKinds(ifindex).includes('clsact') ? [CLSACT_NOTE] : [];
    case 'xdp':
      return takesVlanTagsOut(iface) ? [hiddenTagsNote(iface)] : [];
  }
}
