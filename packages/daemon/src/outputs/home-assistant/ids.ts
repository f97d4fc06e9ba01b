import { topicLevel } from '@ifcast/protocol';

/**
 * The id of the host's device: the level in discovery topics, and the start of the unique ids of its entities. A device of
 * something on the host, such as an interface, has the host's id and its own name.
 *
 * Home Assistant allows in such an id what a topic level has, so that no character is left to separate names with. A name's
 * own `_` is therefore written twice, and one that begins with `_` or `-` gets a `-` before it: a single `_` separates, and
 * no two lists of names have one id (`gw_lan` with `lo` is `ifcast_gw__lan_lo`, `gw` with `lan_lo` `ifcast_gw_lan__lo`).
 */
export function deviceId(host: string, ...names: readonly string[]): string {
  return ['ifcast', ...[host, ...names].map(idPart)].join('_');
}

function idPart(name: string): string {
  return topicLevel(name).replaceAll('_', '__').replace(/^[_-]/, '-$&');
}

/**
 * The entity id that is asked for: lower case, each run of other characters one `_`. Home Assistant appends a number where
 * another entity has it already.
 */
export function entityId(platform: string, ...words: readonly string[]): string {
  const id = ['ifcast', ...words]
    .join('_')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_');
  return `${platform}.${id.replace(/_$/, '')}`;
}
