import type { HomeAssistantConfig } from '../../config/home-assistant-settings.ts';
import type { Component, DeviceDocument } from './component.ts';

/** A retained discovery message: a device document, or one entity's configuration. */
export type Discovery = Readonly<Record<string, unknown>>;

/** Discovery messages by topic. */
export type DiscoverySet = ReadonlyMap<string, Discovery>;

/** One message to send: a discovery, or `null` for the empty payload that removes it. */
export type DiscoveryStep = readonly [topic: string, discovery: Discovery | null];

/** Tells Home Assistant to unload what a topic has discovered and to keep its settings, for another topic to take over. */
export const MIGRATE: Discovery = { migr_discvry: true };

const PLATFORMS: readonly Component['p'][] = ['sensor', 'binary_sensor', 'event'];
const ENTITY_TOPIC = new RegExp(`^(.+)/(?:${PLATFORMS.join('|')})/([^/]+)/[^/]+/config$`);

/** The topic filters under which a device's discovery can lie, in either form. */
export function discoveryFilters(prefix: string, id: string): string[] {
  return [
    `${prefix}/device/${id}/config`,
    ...PLATFORMS.map((platform) => `${prefix}/${platform}/${id}/+/config`),
  ];
}

/** What a discovery topic says. */
export interface DiscoveryTopic {
  readonly prefix: string;
  /** Of the device. */
  readonly id: string;
  /** All entities of the device in one message. */
  readonly isDevice: boolean;
}

/** Reads a discovery topic of either form, below any prefix; `null` when it is none. */
export function discoveryTopic(topic: string): DiscoveryTopic | null {
  const device = /^(.+)\/device\/([^/]+)\/config$/.exec(topic);
  const entity = ENTITY_TOPIC.exec(topic);
  const [, prefix, id] = device ?? entity ?? [];
  return prefix === undefined || id === undefined ? null : { prefix, id, isDevice: device !== null };
}

/** The discovery messages of documents, in the form that is configured. */
export function discoverySet(
  documents: ReadonlyMap<string, DeviceDocument>,
  { discoveryPrefix: prefix, discovery }: Pick<HomeAssistantConfig, 'discoveryPrefix' | 'discovery'>,
): Map<string, Discovery> {
  const set = new Map<string, Discovery>();
  for (const [id, document] of documents) {
    if (discovery === 'device') {
      set.set(`${prefix}/device/${id}/config`, { ...document });
      continue;
    }
    const { dev, o, avty, cmps } = document;
    for (const [objectId, { p, ...entity }] of Object.entries(cmps)) {
      set.set(`${prefix}/${p}/${id}/${objectId}/config`, { dev, o, avty, ...entity });
    }
  }
  return set;
}

/**
 * The messages that lead from what is retained to what is wanted and leave nothing behind: an entity that went is
 * named without its options once, one that lies under another topic now is moved as Home Assistant documents it
 * (`migrate_discovery`), a topic that went gets an empty payload.
 *
 * @returns in phases; Home Assistant has to be through with one before the next, for it takes nothing of a message about an
 *   entity that it is still at work on
 */
export function transition(from: DiscoverySet, to: DiscoverySet): DiscoveryStep[][] {
  const removals: DiscoveryStep[] = [];
  const moves: DiscoveryStep[] = [];
  const arrivals: DiscoveryStep[] = [];
  for (const [topic, discovery] of from) {
    if (to.has(topic)) continue;
    const wanted = uniqueIdsBelow(discoveryTopic(topic)?.prefix, to);
    if (!uniqueIds(discovery).some((id) => wanted.has(id))) {
      // Before any that come: an entity that takes its place gets its entity id, and with that its history.
      removals.push([topic, null]);
      continue;
    }
    // The entities that go have to be removed before: those that move would take them along.
    const tombstones = withoutUnwanted(discovery, wanted);
    if (tombstones !== null) removals.push([topic, tombstones]);
    // Emptied at once: an entity that lies elsewhere already would be told of in vain.
    moves.push([topic, MIGRATE], [topic, null]);
  }
  for (const [topic, discovery] of to) {
    const before = from.get(topic);
    const gone = before === undefined ? {} : goneComponents(before, discovery);
    if (Object.keys(gone).length > 0) {
      arrivals.push([topic, { ...discovery, cmps: { ...componentsOf(discovery), ...gone } }]);
    }
    arrivals.push([topic, discovery]);
  }
  return [removals, moves, arrivals].filter((phase) => phase.length > 0);
}

/** What goes to another prefix goes to another Home Assistant, or to one that listens there only. */
function uniqueIdsBelow(prefix: string | undefined, to: DiscoverySet): Set<unknown> {
  const here = [...to].filter(([topic]) => discoveryTopic(topic)?.prefix === prefix);
  return new Set(here.flatMap(([, discovery]) => uniqueIds(discovery)));
}

function componentsOf({ cmps }: Discovery): Readonly<Record<string, Discovery>> {
  if (typeof cmps !== 'object' || cmps === null) return {};
  return Object.fromEntries(
    Object.entries(cmps).filter(([, component]) => typeof component === 'object' && component !== null),
  );
}

function uniqueIds(discovery: Discovery): unknown[] {
  const components = 'cmps' in discovery ? Object.values(componentsOf(discovery)) : [discovery];
  return components.map(({ uniq_id }) => uniq_id).filter((id) => id !== undefined);
}

/** The components of `before` that `after` has no more, as Home Assistant wants them named: by platform alone. */
function goneComponents(before: Discovery, after: Discovery): Record<string, Discovery> {
  const stay = componentsOf(after);
  return Object.fromEntries(
    Object.entries(componentsOf(before))
      .filter(([id, { uniq_id }]) => !Object.hasOwn(stay, id) && uniq_id !== undefined)
      .map(([id, { p }]) => [id, { p }]),
  );
}

function withoutUnwanted(discovery: Discovery, wanted: ReadonlySet<unknown>): Discovery | null {
  const components = Object.entries(componentsOf(discovery));
  if (components.every(([, { uniq_id }]) => wanted.has(uniq_id))) return null;
  const cmps = components.map(([id, component]) => [
    id,
    wanted.has(component['uniq_id']) ? component : { p: component['p'] },
  ]);
  return { ...discovery, cmps: Object.fromEntries(cmps) };
}
