import { hiddenTagsNote } from '../capture/ebpf/hook-notes.ts';
import type { ConfigFault } from '../config/config-error.ts';
import { formatKeyPath, type KeyPath } from '../config/key-path.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { defaultRouteInterface } from '../sys/default-route.ts';
import { takesVlanTagsOut } from '../sys/network-interface.ts';

/** What is right in a configuration, but does on this host what was hardly meant. */
export function hostWarnings(loaded: LoadedConfig): ConfigFault[] {
  return hiddenTags(loaded);
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
