import { type Info, type InfoFilter, type InfoInterface, topicOf } from '@ifcast/protocol';

import type { HomeAssistantConfig } from '../../config/home-assistant-settings.ts';
import type { ComponentOptions } from './component.ts';
import { Device, EXPIRE_INTERVALS } from './device.ts';
import { readingName } from './reading-name.ts';
import { attributeTemplate, scaledTemplate, timeTemplate, valueTemplate } from './templates.ts';
import { type Scale, scalesOf } from './units.ts';

const PACKETS: Scale = { unit: 'packets', divisor: 1, precision: 0 };
const PACKETS_PER_S: Scale = { unit: 'packets/s', divisor: 1, precision: 0 };

/** A total, and when it began at 0: Home Assistant need not guess from a fall whether it has begun again. */
const TOTAL = { stat_cla: 'total', lrst_val_tpl: timeTemplate('since') } as const;

/** What a reading is: how it is called in ids and by people, and where its number is. */
interface Reading {
  /** Without an underscore, so that `kind_id` is never the name of another. */
  readonly kind: string;
  /** In the entity id. */
  readonly words: string;
  /** After the filter's name. */
  readonly noun: string;
  readonly field: string;
  /** The field that is taken from it. */
  readonly less?: string;
  readonly scale: Scale;
  readonly options: Readonly<Record<string, unknown>>;
}

/** One interface: its filters' readings, its triggers, and how the counting does. */
export function interfaceDevice(
  info: Info,
  iface: InfoInterface,
  base: string,
  config: Pick<HomeAssistantConfig, 'buckets' | 'units'>,
): Device {
  const device = new Device({ info, base, names: [iface.name], model: 'Network interface' });
  const readings = [...mainReadings(config), ...(config.buckets ? bucketReadings(info) : [])];
  for (const filter of info.filters) {
    for (const { kind, words, noun, field, less, scale, options } of readings) {
      device.add(`${kind}_${filter.id}`, 'sensor', `${filter.id}_${words}`, readingName(filter.name, noun), {
        ...slow(info, iface, base, filter),
        val_tpl: scaledTemplate(field, scale.divisor, less),
        unit_of_meas: scale.unit,
        sug_dsp_prc: scale.precision,
        ...options,
      });
    }
  }
  for (const { id: trigger } of info.triggers) {
    device.add(`trigger_${trigger}`, 'event', trigger, trigger, {
      stat_t: topicOf(base, { kind: 'trigger', host: info.host, iface: iface.name, trigger }),
      evt_typ: ['fired', 'ended'],
      ic: 'mdi:flash',
    });
  }
  addDiagnostics(device, info, iface, base);
  return device;
}

function mainReadings({ units }: Pick<HomeAssistantConfig, 'units'>): Reading[] {
  const { rate, size } = scalesOf(units);
  return [
    {
      ...{ kind: 'rate', words: 'rate', noun: 'rate', field: 'bits_per_s', scale: rate },
      options: { dev_cla: 'data_rate', stat_cla: 'measurement', ic: 'mdi:speedometer' },
    },
    {
      ...{ kind: 'packetrate', words: 'packet rate', noun: 'packet rate' },
      ...{ field: 'packets_per_s', scale: PACKETS_PER_S },
      options: { stat_cla: 'measurement', en: false, ic: 'mdi:package-variant' },
    },
    {
      ...{ kind: 'bytes', words: 'bytes', noun: 'total', field: 'bytes_total', scale: size },
      options: { ...TOTAL, dev_cla: 'data_size', ic: 'mdi:counter' },
    },
    {
      ...{ kind: 'bytesin', words: 'bytes_in', noun: 'received', field: 'bytes_in_total', scale: size },
      options: { ...TOTAL, dev_cla: 'data_size', en: false, ic: 'mdi:arrow-down' },
    },
    {
      ...{ kind: 'bytesout', words: 'bytes_out', noun: 'sent', scale: size },
      ...{ field: 'bytes_total', less: 'bytes_in_total' },
      options: { ...TOTAL, dev_cla: 'data_size', en: false, ic: 'mdi:arrow-up' },
    },
    {
      ...{ kind: 'packets', words: 'packets', noun: 'packets', field: 'packets_total', scale: PACKETS },
      options: { ...TOTAL, ic: 'mdi:package-variant-closed' },
    },
  ];
}

function bucketReadings({ size_upper_bounds: bounds }: Info): Reading[] {
  return sizeRanges(bounds).map(({ kind, words }, i) => ({
    ...{ kind, words: `packets ${words} B`, noun: `packets ${words} B` },
    ...{ field: `sizes_total[${i}]`, scale: PACKETS },
    options: { ...TOTAL, en: false, ic: 'mdi:chart-histogram' },
  }));
}

/** By the bounds and not by the position: with other bounds an entity must not change its meaning. */
function sizeRanges(bounds: readonly number[]): { kind: string; words: string }[] {
  const ranges = bounds.map((bound, i) => {
    const from = i === 0 ? 0 : bounds[i - 1]! + 1;
    return { kind: `size${from}to${bound}`, words: i === 0 ? `≤${bound}` : `${from}–${bound}` };
  });
  const above = (bounds.at(-1) ?? -1) + 1;
  return [...ranges, { kind: `size${above}up`, words: `≥${above}` }];
}

function addDiagnostics(device: Device, info: Info, iface: InfoInterface, base: string): void {
  const topic = device.topic('info');
  // An interface that has just gone is in `info` no more, before its entities are removed.
  const fromInfo = (field: string) =>
    `(value_json.interfaces | selectattr('topic', 'eq', '${iface.topic}') | map(attribute='${field}') | first | default(none))`;
  const off = { en: false };
  device.addDiagnostic('binary_sensor', 'problem', 'Problem', {
    stat_t: topic,
    dev_cla: 'problem',
    val_tpl: valueTemplate(`'ON' if ${fromInfo('state')} == 'failed' else 'OFF'`),
    json_attr_t: topic,
    json_attr_tpl: attributeTemplate('reason', fromInfo('reason')),
  });
  device.addDiagnostic('sensor', 'state', 'State', {
    stat_t: topic,
    dev_cla: 'enum',
    ops: ['counting', 'waiting', 'failed'],
    ic: 'mdi:ethernet',
    val_tpl: valueTemplate(fromInfo('state')),
  });
  const first = info.filters[0];
  if (first !== undefined) {
    device.addDiagnostic('sensor', 'dropped', 'Dropped packets', {
      ...slow(info, iface, base, first),
      val_tpl: scaledTemplate('dropped_total', 1),
      unit_of_meas: 'packets',
      sug_dsp_prc: 0,
      stat_cla: 'total_increasing',
      ic: 'mdi:package-variant-remove',
    });
  }
  device.addDiagnostic('sensor', 'backend', 'Backend', {
    ...off,
    stat_t: topic,
    dev_cla: 'enum',
    ops: ['ebpf', 'cap', 'file'],
    ic: 'mdi:cog-outline',
    val_tpl: valueTemplate(fromInfo('backend')),
  });
  device.addDiagnostic('sensor', 'linkspeed', 'Link speed', {
    ...off,
    stat_t: topic,
    dev_cla: 'data_rate',
    unit_of_meas: 'Mbit/s',
    stat_cla: 'measurement',
    ic: 'mdi:ethernet-cable',
    sug_dsp_prc: 0,
    val_tpl: valueTemplate(fromInfo('link_mbit_per_s')),
  });
}

/** Entities read the slow topic of a filter: the broadcast would fill the recorder's database. */
function slow(info: Info, iface: InfoInterface, base: string, { id: filter }: InfoFilter): ComponentOptions {
  return {
    stat_t: topicOf(base, { kind: 'filter', host: info.host, iface: iface.name, filter }),
    exp_aft: Math.ceil(EXPIRE_INTERVALS * info.state_interval_s),
  };
}
