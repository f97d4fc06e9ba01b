import type { InfoInterface } from '@ifcast/protocol';

import { type Host, type Interface, interfaceKey, type State } from './state.ts';

/** An interface that is, or is meant to be, broadcast. */
export interface Target {
  readonly key: string;
  readonly host: Host;
  /** Topic level. */
  readonly level: string;
  /** `host/interface` with the raw names where they are known. */
  readonly label: string;
  /** What the daemon says of it. */
  readonly described: InfoInterface | null;
  /** What it has broadcast. */
  readonly iface: Interface | null;
}

const byLabel = new Intl.Collator('en', { numeric: true });

/** All interfaces that are known from `info` or from their broadcasts, by name. */
export function targetsOf(state: State): Target[] {
  const targets: Target[] = [];
  for (const host of state.hosts.values()) {
    for (const described of host.info?.interfaces ?? []) {
      targets.push(target(state, host, described.topic, described));
    }
  }
  const known = new Set(targets.map(({ key }) => key));
  for (const iface of state.interfaces.values()) {
    const host = state.hosts.get(iface.host);
    if (host !== undefined && !known.has(iface.key)) targets.push(target(state, host, iface.iface, null));
  }
  return targets.sort((a, b) => byLabel.compare(a.label, b.label));
}

function target(state: State, host: Host, level: string, described: InfoInterface | null): Target {
  const key = interfaceKey(host.host, level);
  return {
    key,
    host,
    level,
    label: `${host.info?.host ?? host.host}/${described?.name ?? level}`,
    described,
    iface: state.interfaces.get(key) ?? null,
  };
}
