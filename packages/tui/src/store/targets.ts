import type { Info, InfoInterface } from '@ifcast/protocol';

import { type CountedInterface, type Host, interfaceKey, type State } from './state.ts';

/** An interface that is, or is meant to be, broadcast. */
export interface Target {
  readonly key: string;
  readonly host: Host;
  /** Topic level. */
  readonly iface: string;
  /** `host/interface` with the raw names where they are known. */
  readonly label: string;
  /** What the daemon says of it. */
  readonly described: InfoInterface | null;
  /** What it has broadcast. */
  readonly counted: CountedInterface | null;
}

/** Made when it is needed first: that takes as long as the rest of a short run. */
let collator: Intl.Collator | null = null;

/** Hosts change seldom, broadcasts always: what is known of the hosts alone is sorted once for each of their states. */
const sorted = new WeakMap<State['hosts'], readonly Target[]>();

/** All interfaces that are known from `info` or from their broadcasts, by name. */
export function targetsOf(state: State): Target[] {
  let described = sorted.get(state.hosts);
  if (described === undefined) {
    described = describedTargets(state.hosts);
    sorted.set(state.hosts, described);
  }
  const targets = described.map((target) => ({
    ...target,
    counted: state.interfaces.get(target.key) ?? null,
  }));
  const told = targets.filter(({ counted }) => counted !== null).length;
  if (told === state.interfaces.size) return targets;
  const known = new Set(targets.map(({ key }) => key));
  for (const counted of state.interfaces.values()) {
    const host = state.hosts.get(counted.host);
    if (host === undefined || known.has(counted.key)) continue;
    targets.push({ ...target(host, counted.iface, null), counted });
  }
  return targets.sort(byLabel);
}

function describedTargets(hosts: State['hosts']): Target[] {
  const targets = [...hosts.values()].flatMap((host) =>
    (host.info?.interfaces ?? []).map((described) => target(host, described.topic, described)),
  );
  return targets.sort(byLabel);
}

function target(host: Host, iface: string, described: InfoInterface | null): Target {
  return {
    key: interfaceKey(host.host, iface),
    host,
    iface,
    label: `${host.info?.host ?? host.host}/${described?.name ?? iface}`,
    described,
    counted: null,
  };
}

/** `host/interface` with the raw names where they are known. */
export function labelOf(host: Host, iface: string): string {
  const described = host.info?.interfaces.find(({ topic }) => topic === iface);
  return `${host.info?.host ?? host.host}/${described?.name ?? iface}`;
}

/** The id of the filter that stands for all traffic: the one without conditions, otherwise the first. */
export function mainFilterId(info: Info | null): string | null {
  const filters = info?.filters ?? [];
  return (filters.find(({ expression }) => expression === '') ?? filters[0])?.id ?? null;
}

/** As people order names: eth2 before eth10. */
function byLabel(a: Target, b: Target): number {
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(a.label, b.label);
}
