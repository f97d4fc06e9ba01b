import type { Info } from '@ifcast/protocol';

import { HEALTH_INTERVAL_S } from '../../report/vitals.ts';
import { Device, EXPIRE_INTERVALS } from './device.ts';
import { attributeTemplate, scaledTemplate, valueTemplate } from './templates.ts';

/** The host: the daemon itself. What it counts on are devices of their own, connected through it. */
export function hostDevice(info: Info, base: string, more: Readonly<Record<string, unknown>>): Device {
  const device = new Device({ info, base, names: [], model: 'Host', more });
  const health = device.topic('health');
  const fromHealth = { stat_t: health, exp_aft: EXPIRE_INTERVALS * HEALTH_INTERVAL_S };
  const off = { en: false };
  device.addDiagnostic('binary_sensor', 'connectivity', 'Connectivity', {
    stat_t: device.topic('status'),
    dev_cla: 'connectivity',
    pl_on: 'online',
    pl_off: 'offline',
    // It says what the others are available by, so it is always available itself.
    avty: [],
  });
  device.addDiagnostic('binary_sensor', 'problem', 'Problem', {
    ...fromHealth,
    dev_cla: 'problem',
    val_tpl: valueTemplate("'ON' if value_json.problem else 'OFF'"),
    json_attr_t: health,
    // The sentence alone: an attribute that changes makes a row in the recorder's database.
    json_attr_tpl: attributeTemplate('problem', 'value_json.problem'),
  });
  device.addDiagnostic('sensor', 'started', 'Started', {
    stat_t: device.topic('info'),
    dev_cla: 'timestamp',
    val_tpl: valueTemplate('value_json.started_at'),
  });
  device.addDiagnostic('sensor', 'rss', 'Memory', {
    ...fromHealth,
    ...off,
    dev_cla: 'data_size',
    unit_of_meas: 'MB',
    stat_cla: 'measurement',
    ic: 'mdi:memory',
    sug_dsp_prc: 0,
    val_tpl: scaledTemplate('rss_bytes', 1_000_000),
  });
  device.addDiagnostic('sensor', 'reconnects', 'MQTT reconnects', {
    ...fromHealth,
    ...off,
    stat_cla: 'total_increasing',
    ic: 'mdi:connection',
    sug_dsp_prc: 0,
    val_tpl: scaledTemplate('mqtt_reconnects_total', 1),
  });
  return device;
}
