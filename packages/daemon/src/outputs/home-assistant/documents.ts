import { type Info, type InfoFilter, type InfoInterface, topicLevel, topicOf } from '@ifcast/protocol';

import type { HomeAssistantConfig } from '../../config/home-assistant-settings.ts';
import { HEALTH_INTERVAL_S } from '../../report/vitals.ts';

/** A reading is unknown after this many intervals without a message. */
const EXPIRE_INTERVALS = 4;

/**
 * One entity, in Home Assistant's abbreviations: `p` platform, `uniq_id` unique id, `def_ent_id` default entity id,
 * `stat_t` state topic, `val_tpl` value template, `exp_aft` expire after, `dev_cla` device class, `stat_cla` state class,
 * `ent_cat` entity category, `en` enabled by default, `sug_dsp_prc` suggested display precision, `avty` availability.
 */
export interface Component {
  readonly p: 'sensor' | 'binary_sensor';
  readonly name: string;
  readonly uniq_id: string;
  readonly def_ent_id: string;
  readonly stat_t: string;
  readonly [option: string]: unknown;
}

/** What one interface is to Home Assistant: a device and its entities by object id. */
export interface DeviceDocument {
  readonly dev: Readonly<Record<string, unknown>>;
  readonly o: Readonly<Record<string, string>>;
  readonly avty: readonly { readonly t: string }[];
  readonly cmps: Readonly<Record<string, Component>>;
}

/** The id of an interface's device: the level in discovery topics, and the start of all unique ids. */
export function deviceId(host: string, iface: string): string {
  return `ifcast_${topicLevel(host)}_${topicLevel(iface)}`;
}

/**
 * The device documents of a daemon by device id. Ids are made of host, interface and filter ids alone: they stay over
 * restarts, other names and another order.
 *
 * @param base - `mqtt.topic`
 */
export function deviceDocuments(
  info: Info,
  base: string,
  { buckets }: Pick<HomeAssistantConfig, 'buckets'>,
): Map<string, DeviceDocument> {
  return new Map(
    info.interfaces.map((iface) => {
      const builder = new DeviceBuilder(info, iface, base);
      for (const filter of info.filters) builder.addFilter(filter, buckets);
      builder.addDiagnostics();
      return [deviceId(info.host, iface.name), builder.document()];
    }),
  );
}

class DeviceBuilder {
  readonly #info: Info;
  readonly #iface: InfoInterface;
  readonly #base: string;
  readonly #id: string;
  readonly #components: Record<string, Component> = {};

  constructor(info: Info, iface: InfoInterface, base: string) {
    this.#info = info;
    this.#iface = iface;
    this.#base = base;
    this.#id = deviceId(info.host, iface.name);
  }

  document(): DeviceDocument {
    const { host, version } = this.#info;
    return {
      dev: {
        ids: [this.#id],
        name: `${host} ${this.#iface.name}`,
        mf: 'ifcast',
        mdl: 'Network interface',
        sw: version,
      },
      o: { name: 'ifcast', sw: version },
      avty: [{ t: this.#topic('status') }],
      cmps: this.#components,
    };
  }

  addFilter(filter: InfoFilter, buckets: boolean): void {
    this.#addReading(filter, 'rate', 'rate', 'bits_per_s', {
      dev_cla: 'data_rate',
      unit_of_meas: 'bit/s',
      stat_cla: 'measurement',
    });
    this.#addReading(filter, 'packetrate', 'packet rate', 'packets_per_s', {
      unit_of_meas: 'packets/s',
      stat_cla: 'measurement',
    });
    this.#addReading(filter, 'bytes', 'bytes', 'bytes_total', {
      dev_cla: 'data_size',
      unit_of_meas: 'B',
      stat_cla: 'total_increasing',
    });
    const packets = { unit_of_meas: 'packets', stat_cla: 'total_increasing' };
    this.#addReading(filter, 'packets', 'packets', 'packets_total', packets);
    if (!buckets) return;
    sizeRanges(this.#info.size_upper_bounds).forEach(({ kind, words }, i) => {
      this.#addReading(filter, kind, `packets ${words} B`, `sizes_total[${i}]`, { ...packets, en: false });
    });
  }

  addDiagnostics(): void {
    const [info, health, status] = [this.#topic('info'), this.#topic('health'), this.#topic('status')];
    const iface = `(value_json.interfaces | selectattr('topic', 'eq', '${this.#iface.topic}') | first)`;
    const fromHealth = { stat_t: health, exp_aft: EXPIRE_INTERVALS * HEALTH_INTERVAL_S };
    const off = { en: false };
    this.#addDiagnostic('binary_sensor', 'connectivity', 'Connectivity', {
      stat_t: status,
      dev_cla: 'connectivity',
      pl_on: 'online',
      pl_off: 'offline',
      // It says what the others are available by, so it is always available itself.
      avty: [],
    });
    this.#addDiagnostic('binary_sensor', 'problem', 'Problem', {
      ...fromHealth,
      dev_cla: 'problem',
      val_tpl: "{{ 'ON' if value_json.problem else 'OFF' }}",
    });
    this.#addDiagnostic('sensor', 'state', 'State', {
      stat_t: info,
      dev_cla: 'enum',
      ops: ['counting', 'waiting', 'failed'],
      val_tpl: `{{ ${iface}.state }}`,
    });
    this.#addDiagnostic('sensor', 'started', 'Started', {
      stat_t: info,
      dev_cla: 'timestamp',
      val_tpl: '{{ value_json.started_at }}',
    });
    this.#addDiagnostic('sensor', 'backend', 'Backend', {
      stat_t: info,
      dev_cla: 'enum',
      ops: ['ebpf', 'cap'],
      val_tpl: `{{ ${iface}.backend }}`,
    });
    const first = this.#info.filters[0];
    if (first !== undefined) {
      this.#addDiagnostic('sensor', 'dropped', 'Dropped packets', {
        ...this.#fromFilter(first, 'dropped_total'),
        unit_of_meas: 'packets',
        stat_cla: 'total_increasing',
      });
    }
    this.#addDiagnostic('sensor', 'rss', 'Daemon memory', {
      ...fromHealth,
      ...off,
      dev_cla: 'data_size',
      unit_of_meas: 'B',
      stat_cla: 'measurement',
      sug_dsp_prc: 0,
      val_tpl: '{{ value_json.rss_bytes }}',
    });
    this.#addDiagnostic('sensor', 'reconnects', 'MQTT reconnects', {
      ...fromHealth,
      ...off,
      stat_cla: 'total_increasing',
      sug_dsp_prc: 0,
      val_tpl: '{{ value_json.mqtt_reconnects_total }}',
    });
    this.#addDiagnostic('sensor', 'linkspeed', 'Link speed', {
      ...off,
      stat_t: info,
      dev_cla: 'data_rate',
      unit_of_meas: 'Mbit/s',
      stat_cla: 'measurement',
      sug_dsp_prc: 0,
      val_tpl: `{{ ${iface}.link_mbit_per_s }}`,
    });
  }

  /** One entity of a filter. `kind` has no underscore, so that `kind_id` is never the name of another. */
  #addReading(
    filter: InfoFilter,
    kind: string,
    words: string,
    field: string,
    options: Readonly<Record<string, unknown>>,
  ): void {
    this.#add(`${kind}_${filter.id}`, 'sensor', `${filter.id}_${words}`, `${filter.name} ${words}`, {
      ...this.#fromFilter(filter, field),
      ...options,
    });
  }

  #addDiagnostic(platform: Component['p'], id: string, name: string, options: ComponentOptions): void {
    this.#add(id, platform, name, name, { ...options, ent_cat: 'diagnostic' });
  }

  #add(id: string, p: Component['p'], entity: string, name: string, options: ComponentOptions): void {
    const uniqueId = `${this.#id}_${id}`;
    const entityId = `${this.#id}_${entity}`.toLowerCase().replace(/[^a-z0-9]+/g, '_');
    const defaultEntityId = `${p}.${entityId.replace(/_$/, '')}`;
    this.#components[id] = { p, name, uniq_id: uniqueId, def_ent_id: defaultEntityId, ...options };
  }

  #fromFilter(filter: InfoFilter, field: string): ComponentOptions {
    const { host, state_interval_s } = this.#info;
    return {
      stat_t: topicOf(this.#base, { kind: 'filter', host, iface: this.#iface.name, filter: filter.id }),
      val_tpl: `{{ value_json.${field} }}`,
      exp_aft: Math.ceil(EXPIRE_INTERVALS * state_interval_s),
      sug_dsp_prc: 0,
    };
  }

  #topic(kind: 'status' | 'info' | 'health'): string {
    return topicOf(this.#base, { kind, host: this.#info.host });
  }
}

type ComponentOptions = Readonly<Record<string, unknown>> & { readonly stat_t: string };

/** By the bounds and not by the position: with other bounds an entity must not change its meaning. */
function sizeRanges(bounds: readonly number[]): { kind: string; words: string }[] {
  const ranges = bounds.map((bound, i) => {
    const from = i === 0 ? 0 : bounds[i - 1]! + 1;
    return { kind: `size${from}to${bound}`, words: i === 0 ? `≤${bound}` : `${from}–${bound}` };
  });
  const above = (bounds.at(-1) ?? -1) + 1;
  return [...ranges, { kind: `size${above}up`, words: `≥${above}` }];
}
