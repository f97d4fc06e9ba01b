import { type Info, topicOf } from '@ifcast/protocol';

import type { Component, ComponentOptions, DeviceDocument } from './component.ts';
import { deviceId, entityId } from './ids.ts';

/** A reading is unknown after this many intervals without a message. */
export const EXPIRE_INTERVALS = 4;

/** What a device is beside its entities. */
export interface DeviceOptions {
  readonly info: Info;
  /** `mqtt.topic` */
  readonly base: string;
  /** The names of what it is of, below the host: none for the host itself. */
  readonly names: readonly string[];
  /** For people: what kind of thing it is. */
  readonly model: string;
  /** More of Home Assistant's keys of a device. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Gathers the entities of one device. */
export class Device {
  readonly id: string;
  readonly #options: DeviceOptions;
  readonly #components: Record<string, Component> = {};

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.id = deviceId(options.info.host, ...options.names);
  }

  document(): DeviceDocument {
    const { info, names, model, more } = this.#options;
    return {
      dev: {
        ids: [this.id],
        name: [info.host, ...names].join(' '),
        mf: 'ifcast',
        mdl: model,
        sw: info.version,
        // Home Assistant makes the host's device where it has not heard of it yet.
        ...(names.length > 0 && { via_device: deviceId(info.host) }),
        ...more,
      },
      o: { name: 'ifcast', sw: info.version },
      avty: [{ t: this.topic('status') }],
      cmps: this.#components,
    };
  }

  /**
   * Adds an entity.
   *
   * @param id - within the device. Its first word, up to a `_`, says what kind of entity it is; an entity of the host itself
   *   has one word only, so that it is not taken for one of something on the host
   * @param words - of the entity id that is asked for, after those of the device
   */
  add(id: string, p: Component['p'], words: string, name: string, options: ComponentOptions): void {
    const { info, names } = this.#options;
    this.#components[id] = {
      p,
      name,
      uniq_id: `${this.id}_${id}`,
      def_ent_id: entityId(p, info.host, ...names, words),
      ...options,
    };
  }

  /** Adds an entity that tells of the counting, not of what is counted. */
  addDiagnostic(p: Component['p'], id: string, name: string, options: ComponentOptions): void {
    this.add(id, p, name, name, { ...options, ent_cat: 'diagnostic' });
  }

  /** A topic of the host. */
  topic(kind: 'status' | 'info' | 'health'): string {
    return topicOf(this.#options.base, { kind, host: this.#options.info.host });
  }
}
