import { topicLevel, topicOf } from '@ifcast/protocol';

import { type Discovery, type DiscoveryTopic, discoveryFilters, discoveryTopic } from './discovery.ts';

/** Whose discovery is looked for. */
export interface Owner {
  /** `mqtt.topic` */
  readonly base: string;
  readonly host: string;
  /** As the host's device has it for a serial number. */
  readonly installation: string | null;
}

interface Found extends DiscoveryTopic {
  readonly discovery: Discovery;
  /** The topic that says whether its daemon is there; `null` where it names none. */
  readonly status: string | null;
}

/** The discovery messages that a broker has kept, and which of them are this daemon's: of earlier runs, and of earlier names. */
export class FoundDiscovery {
  readonly #owner: Owner;
  readonly #statusTopic: string;
  readonly #found = new Map<string, Found>();
  /** Status topics of daemons that are gone. */
  readonly #gone = new Set<string>();

  constructor(owner: Owner) {
    this.#owner = owner;
    this.#statusTopic = topicOf(owner.base, { kind: 'status', host: owner.host });
  }

  /** Takes what lies at a discovery topic. */
  take(topic: string, payload: Uint8Array): void {
    const place = discoveryTopic(topic);
    const discovery = parsed(payload);
    if (place === null || discovery === null || !place.id.startsWith('ifcast_')) return;
    this.#found.set(topic, { ...place, discovery, status: statusTopicOf(discovery) });
  }

  /** The status topics of other hosts that this installation has been before, unless another daemon is that now. */
  get formerStatusTopics(): string[] {
    const { installation } = this.#owner;
    if (installation === null) return [];
    const former = [...this.#found.values()].filter(
      ({ discovery, status }) => serialNumber(discovery) === installation && status !== this.#statusTopic,
    );
    return [...new Set(former.flatMap(({ status }) => status ?? []))];
  }

  /** Takes what lies at one of {@link formerStatusTopics}. */
  takeStatus(topic: string, payload: Uint8Array): void {
    if (Buffer.from(payload).toString() === 'offline') this.#gone.add(topic);
  }

  /** The topic filters of devices of this daemon's of which an entity has been found: the others lie beside it. */
  entityFilters(ids: ReadonlySet<string>): string[] {
    const entities = [...this.#found.values()].filter((each) => !each.isDevice && this.#isOurs(each, ids));
    return [...new Set(entities.flatMap(({ prefix, id }) => discoveryFilters(prefix, id)))];
  }

  /** @param ids - the devices of this run and of the one before */
  ours(ids: ReadonlySet<string>): Map<string, Discovery> {
    const ours = [...this.#found].filter(([, found]) => this.#isOurs(found, ids));
    return new Map(ours.map(([topic, { discovery }]) => [topic, discovery]));
  }

  #isOurs({ id, status }: Found, ids: ReadonlySet<string>): boolean {
    if (status === null) return ids.has(id);
    if (status === this.#statusTopic || this.#gone.has(status)) return true;
    // Told below another `mqtt.topic`.
    return ids.has(id) && status.endsWith(`/${topicLevel(this.#owner.host)}/status`);
  }
}

function statusTopicOf({ avty, stat_t }: Discovery): string | null {
  const topics: unknown[] = [...(Array.isArray(avty) ? avty.map((each) => each?.t) : []), stat_t];
  return topics.find((each): each is string => typeof each === 'string' && each.endsWith('/status')) ?? null;
}

function serialNumber({ dev }: Discovery): unknown {
  return typeof dev === 'object' && dev !== null && 'sn' in dev ? dev.sn : undefined;
}

function parsed(payload: Uint8Array): Discovery | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
