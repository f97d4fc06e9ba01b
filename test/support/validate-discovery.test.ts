import { expect, test } from 'vitest';

import { validateDiscovery } from './validate-discovery.ts';

const TOPIC = 'homeassistant/device/gw_eth0/config';
const SENSOR = { p: 'sensor', uniq_id: 'a', stat_t: 'a/b', dev_cla: 'data_rate', unit_of_meas: 'Mbit/s' };
const DOCUMENT = {
  dev: { ids: ['gw'], name: 'gw' },
  o: { name: 'ifcast' },
  cmps: { a: SENSOR },
  avty: [{ t: 'a/status' }],
};

function faults(change: object, topic: string = TOPIC): string[] {
  return validateDiscovery(topic, { ...DOCUMENT, ...change });
}

test('a sound document has no fault', () => {
  expect(faults({})).toEqual([]);
});

test.each([
  [{ o: {} }, 'origin: name is missing'],
  [{ name: 'gw' }, 'document: there is no key name'],
  [{ dev: { name: 'gw' } }, 'neither identifiers nor connections'],
  [{ dev: { ids: ['gw'], mdl: 7 } }, 'device.model is no string'],
  [{ avty: [{ t: 'a', x: 1 }] }, 'availability has no key x'],
  [{ avty_mode: 'some' }, 'availability_mode some'],
  [{ cmps: { a: { ...SENSOR, p: 'thermometer' } } }, 'platform thermometer'],
  [{ cmps: { a: { ...SENSOR, uniq_id: undefined } } }, 'no unique_id'],
  [{ cmps: { a: SENSOR, b: SENSOR } }, 'b: its unique_id is taken'],
  [{ cmps: { a: { ...SENSOR, speed: 1 } } }, 'there is no key speed'],
  [{ cmps: { a: { ...SENSOR, exp_aft: -1 } } }, 'expire_after = -1'],
  [{ cmps: { a: { ...SENSOR, ent_cat: 'config' } } }, 'entity_category = "config"'],
  [{ cmps: { a: { ...SENSOR, dev_cla: 'speeed' } } }, 'device_class speeed'],
  [{ cmps: { a: { ...SENSOR, unit_of_meas: 'furlong' } } }, 'unit furlong of data_rate'],
  [{ cmps: { a: { ...SENSOR, stat_cla: 'total_increasing' } } }, 'no statistics of data_rate'],
  [{ cmps: { a: { ...SENSOR, ops: ['x'] } } }, 'options are for device_class enum'],
])('%j: %s', (change, fault) => {
  expect(faults(JSON.parse(JSON.stringify(change)) as object).join('\n')).toContain(fault);
});

test.each(['homeassistant/sensor/gw/config', 'homeassistant/device/gw.eth0/config', 'home/device/gw/config'])(
  '%s is no topic for it',
  (topic) => {
    expect(faults({}, topic)).not.toEqual([]);
  },
);
