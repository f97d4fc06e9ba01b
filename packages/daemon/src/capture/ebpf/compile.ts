import { type ClassicProgram, decodeProgram, fillMac, type Link } from '@ifcast/filter';
import type { HookName } from '@ifcast/protocol';

import { DaemonError } from '../../base/daemon-error.ts';
import { type CompileHandle, compileFilters, type FilterReason } from '../../compile/filter-compiler.ts';
import { missingCapabilities } from '../../sys/capabilities.ts';
import type { InterfaceFacts } from '../../sys/network-interface.ts';
import type { CaptureTask } from '../capture-source.ts';

// pcap/dlt.h
const DLT_EN10MB = 1;
const DLT_RAW = 12;
const DLT_LINUX_SLL = 113;

/** What libpcap makes of ARPHRD_* (linux/if_arp.h) where it is the same on every handle. */
const LINK_TYPE_OF_HARDWARE: ReadonlyMap<number, number> = new Map([
  [1, DLT_EN10MB],
  [772, DLT_EN10MB],
  [65534, DLT_RAW],
]);

const LINKS: ReadonlyMap<number, Link> = new Map([
  [DLT_EN10MB, 'ethernet'],
  [DLT_RAW, 'none'],
  [DLT_LINUX_SLL, 'cooked'],
]);

/** Filters as libpcap compiled them for an interface. */
export interface CompiledTask {
  /** Name such as `EN10MB`. */
  readonly linkType: string;
  readonly link: Link;
  readonly classicPrograms: readonly ClassicProgram[];
  /** Filters that nothing on the interface can match, with libpcap's words. */
  readonly unmatchable: readonly FilterReason[];
}

/**
 * Compiles the filters of a task for its interface.
 *
 * @throws {@link DaemonError} `config` for a filter that is refused, `noPermission`, `unavailable`
 */
export async function compileTask(
  task: CaptureTask,
  hook: HookName,
  facts: InterfaceFacts,
): Promise<CompiledTask> {
  const compiled = await compileFilters({
    handle: handleFor(task, hook, facts),
    filters: task.filters.map(({ id, expression }) => ({ id, expression: fillMac(expression, facts.mac) })),
  });
  return {
    linkType: compiled.linkType,
    link: LINKS.get(compiled.linkTypeValue) ?? 'unknown',
    classicPrograms: compiled.programs.map(decodeProgram),
    unmatchable: compiled.unmatchable,
  };
}

/**
 * A live handle needs CAP_NET_RAW, which tcx and XDP do without: what it alone compiles rightly is `vlan`, because it knows
 * that the kernel takes the tag out of the frame.
 */
function handleFor({ iface, filters }: CaptureTask, hook: HookName, facts: InterfaceFacts): CompileHandle {
  if (hook === 'socket' || missingCapabilities(['CAP_NET_RAW']).length === 0) return { kind: 'live', iface };
  const tagged = filters.find(({ expression }) => /\bvlan\b/.test(expression));
  if (tagged !== undefined) {
    throw new DaemonError(
      'noPermission',
      `filter "${tagged.id}" asks for vlan, which libpcap compiles on an open interface only: CAP_NET_RAW is missing`,
    );
  }
  const linkType = LINK_TYPE_OF_HARDWARE.get(facts.hardwareType);
  if (linkType !== undefined) return { kind: 'dead', linkType };
  throw new DaemonError(
    'noPermission',
    `the link type of ${iface} has to be asked of libpcap: CAP_NET_RAW is missing`,
  );
}
