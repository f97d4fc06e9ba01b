import { ProtocolError } from './protocol-error.ts';

/** The default of `mqtt.topic`, the first level of every topic. */
export const DEFAULT_TOPIC_BASE = 'ifcast';

/** What a topic below the base carries. `iface`, `filter` and `field` are topic levels, not raw names. */
export type TopicAddress =
  | { readonly kind: 'status' | 'info' | 'health' | 'event'; readonly host: string }
  | { readonly kind: 'stats'; readonly host: string; readonly iface: string }
  | { readonly kind: 'trigger'; readonly host: string; readonly iface: string; readonly trigger: string }
  | { readonly kind: 'filter'; readonly host: string; readonly iface: string; readonly filter: string }
  | {
      readonly kind: 'scalar';
      readonly host: string;
      readonly iface: string;
      readonly filter: string;
      readonly field: string;
    };

/**
 * One topic level made from a name: every character outside `[A-Za-z0-9_-]` becomes `_` (`eth0.100` → `eth0_100`).
 *
 * The kernel allows interface names such as `a#+`, which would be wildcards in a topic.
 */
export function topicLevel(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/gu, '_');
}

/**
 * Checks a topic base such as `ifcast` or `home/ifcast`.
 *
 * @throws {@link ProtocolError} `topic_base` when it is empty or has an empty level, a wildcard, a control character or
 *   a leading `$` (MQTT 5.0, section 4.7)
 */
export function assertTopicBase(base: string): void {
  const remedy =
    'use levels of letters, digits, "_", "-" or "." joined by "/", for example "ifcast" or "home/ifcast"';
  if (!/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/u.test(base) || base.length > 200) {
    throw new ProtocolError('topic_base', `topic base ${JSON.stringify(base)} cannot be used: ${remedy}`);
  }
}

/**
 * The topic of an address.
 *
 * @param base - `mqtt.topic`
 * @param address - host, interface, filter and field may be raw names; each becomes one level
 */
export function topicOf(base: string, address: TopicAddress): string {
  const root = `${base}/${topicLevel(address.host)}`;
  switch (address.kind) {
    case 'status':
    case 'info':
    case 'health':
    case 'event':
      return `${root}/${address.kind}`;
    case 'stats':
      return `${root}/${topicLevel(address.iface)}/stats`;
    case 'trigger':
      return `${root}/${topicLevel(address.iface)}/trigger/${topicLevel(address.trigger)}`;
    case 'filter':
      return `${root}/${topicLevel(address.iface)}/filter/${topicLevel(address.filter)}`;
    case 'scalar':
      return `${root}/${topicLevel(address.iface)}/filter/${topicLevel(address.filter)}/${topicLevel(address.field)}`;
  }
}

/**
 * What a received topic carries, or `null` when it is none of ours.
 *
 * @param base - `mqtt.topic`
 */
export function parseTopic(base: string, topic: string): TopicAddress | null {
  if (!topic.startsWith(`${base}/`)) return null;
  const levels = topic.slice(base.length + 1).split('/');
  if (levels.some((level) => level === '' || level !== topicLevel(level))) return null;
  const [host, second, third, fourth, fifth] = levels as [string, ...string[]];
  if (second === undefined) return null;
  if (levels.length === 2 && isHostKind(second)) return { kind: second, host };
  if (levels.length === 3 && third === 'stats') return { kind: 'stats', host, iface: second };
  if (fourth === undefined) return null;
  if (levels.length === 4 && third === 'trigger')
    return { kind: 'trigger', host, iface: second, trigger: fourth };
  if (third !== 'filter') return null;
  if (levels.length === 4) return { kind: 'filter', host, iface: second, filter: fourth };
  if (levels.length === 5 && fifth !== undefined) {
    return { kind: 'scalar', host, iface: second, filter: fourth, field: fifth };
  }
  return null;
}

const HOST_KINDS = ['status', 'info', 'health', 'event'] as const;

function isHostKind(level: string): level is (typeof HOST_KINDS)[number] {
  return (HOST_KINDS as readonly string[]).includes(level);
}
