import { hiddenTagsNote } from '../capture/ebpf/hook-notes.ts';
import type { ConfigFault } from '../config/config-error.ts';
import { formatKeyPath, type KeyPath } from '../config/key-path.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { defaultRouteInterface } from '../sys/default-route.ts';
import { takesVlanTagsOut } from '../sys/network-interface.ts';

const MIB = 1024 * 1024;
/** What a worker has to itself, measured: Pss_Dirty of /proc/PID/smaps_rollup. */
const WORKER_BYTES = 12 * MIB;
/** The kernel gives a packet 128 KiB where it needs a little more than 64. */
const RING_FACTOR = 2;
const WORTH_TELLING_BYTES = 512 * MIB;
const ASKS_THE_KERNEL = /\b(inbound|outbound|ifindex|vlan)\b/;

/** What is right in a configuration, but does on this host what was hardly meant. */
export function hostWarnings(loaded: LoadedConfig): ConfigFault[] {
  return [...hiddenTags(loaded), ...memoryOfCap(loaded)];
}

/** A process of its own for each interface: cap takes its process with it when an interface goes down. */
function memoryOfCap({ config, file, locate }: LoadedConfig): ConfigFault[] {
  const interfaces = interfacesOf(config).length;
  const filters = config.filters.filter(({ enabled }) => enabled);
  const withOwnBuffer = filters.filter(({ expression }) => ASKS_THE_KERNEL.test(expression)).length;
  const buffers = RING_FACTOR * config.cap.bufferBytes * (1 + withOwnBuffer / 4);
  const bytes = interfaces * (WORKER_BYTES + buffers);
  if (config.backend !== 'cap' || bytes < WORTH_TELLING_BYTES) return [];
  const mib = (value: number): string => `${Math.round(value / MIB)} MiB`;
  const path: KeyPath = ['interface'];
  const message =
    `the cap backend takes about ${mib(bytes)} of memory for ${interfaces} interfaces: for each a process of ${mib(WORKER_BYTES)} ` +
    `and buffers of ${mib(buffers)}; lower cap.buffer_bytes, or use backend = "ebpf"`;
  return [{ file, key: formatKeyPath(path), position: locate(path), message }];
}

/** Filters for VLAN tags that XDP will not see. */
function hiddenTags({ config, file, filtersBuiltIn, locate }: LoadedConfig): ConfigFault[] {
  if (config.backend === 'cap' || config.hook !== 'xdp' || filtersBuiltIn) return [];
  const iface = interfacesOf(config).find(takesVlanTagsOut);
  if (iface === undefined) return [];
  return config.filters.flatMap(({ id, enabled, expression }, index) => {
    if (!enabled || !/\bvlan\b/.test(expression)) return [];
    const path: KeyPath = ['filter', index, 'match'];
    const message = `filter "${id}" asks for vlan, and ${hiddenTagsNote(iface)}`;
    return [{ file, key: formatKeyPath(path), position: locate(path), message }];
  });
}

function interfacesOf({ interfaces }: LoadedConfig['config']): readonly string[] {
  if (interfaces !== 'auto') return interfaces;
  const iface = defaultRouteInterface();
  return iface === null ? [] : [iface];
}
