/**
 * What Home Assistant makes of discovery messages: a small model of its rules, and the tables that it checks entities
 * against, as far as ifcast uses them (homeassistant/components/mqtt and sensor/const.py, 2026.9).
 */

type Fields = Readonly<Record<string, unknown>>;

const DOCUMENT_KEYS = ['dev', 'o', 'avty', 'cmps'];
const DEVICE_KEYS = ['ids', 'name', 'mf', 'mdl', 'sw', 'sn', 'cu', 'via_device'];
const ENTITY_KEYS = [
  'name',
  'uniq_id',
  'def_ent_id',
  'stat_t',
  'val_tpl',
  'exp_aft',
  'dev_cla',
  'ent_cat',
  'en',
  'avty',
  'ic',
  'json_attr_t',
  'json_attr_tpl',
];
const PLATFORM_KEYS: Readonly<Record<string, readonly string[]>> = {
  sensor: [...ENTITY_KEYS, 'unit_of_meas', 'stat_cla', 'lrst_val_tpl', 'ops', 'sug_dsp_prc'],
  binary_sensor: [...ENTITY_KEYS, 'pl_on', 'pl_off'],
  event: [...ENTITY_KEYS, 'evt_typ'],
};
/** Device classes with their units and state classes. */
const SENSOR_CLASSES: Readonly<Record<string, { units: readonly unknown[]; states: readonly unknown[] }>> = {
  data_rate: { units: ['bit/s', 'Mbit/s'], states: ['measurement'] },
  data_size: { units: ['B', 'MB'], states: ['measurement', 'total', 'total_increasing'] },
  enum: { units: [undefined], states: [undefined] },
  timestamp: { units: [undefined], states: [undefined] },
};
const STATE_CLASSES: readonly unknown[] = [undefined, 'measurement', 'total', 'total_increasing'];
const BINARY_SENSOR_CLASSES = ['connectivity', 'problem'];
const ID = /^[a-zA-Z0-9_-]+$/;

/** One Home Assistant that has listened to every discovery message from the start. */
export class HomeAssistantModel {
  /** What it would log: a message that it refuses, or two entities with one unique id. */
  readonly complaints: string[] = [];
  /** Entities by unique id: the topic that they come from, and their id in it. `null`: unloaded, waiting to be moved. */
  readonly #entities = new Map<string, { topic: string; component: string } | null>();
  readonly #prefix: string;

  constructor(prefix = 'homeassistant') {
    this.#prefix = prefix;
  }

  /** The unique ids of all entities, those that nobody would ever find again too. */
  get uniqueIds(): string[] {
    return [...this.#entities.keys()].sort();
  }

  /** Entities that were unloaded and never moved. */
  get orphans(): string[] {
    return [...this.#entities].filter(([, owner]) => owner === null).map(([id]) => id);
  }

  /** Takes a discovery message; `""` is the empty payload. */
  receive(topic: string, payload: string): void {
    const [kind = '', id = '', ...rest] = topic
      .slice(this.#prefix.length + 1)
      .split('/')
      .slice(0, -1);
    const isDevice = kind === 'device' && rest.length === 0;
    const isEntity = Object.hasOwn(PLATFORM_KEYS, kind) && rest.length === 1;
    if (!topic.startsWith(`${this.#prefix}/`) || !topic.endsWith('/config') || !(isDevice || isEntity)) {
      this.#complain(topic, 'is no discovery topic');
      return;
    }
    for (const level of [id, ...rest]) if (!ID.test(level)) this.#complain(topic, `has the id ${level}`);
    if (payload === '') {
      for (const [unique, owner] of this.#entities) if (owner?.topic === topic) this.#entities.delete(unique);
      return;
    }
    const message = JSON.parse(payload) as Fields;
    if (message['migr_discvry'] === true) {
      for (const [unique, owner] of this.#entities)
        if (owner?.topic === topic) this.#entities.set(unique, null);
      return;
    }
    if (isDevice) this.#receiveDevice(topic, message);
    else this.#receiveEntity(topic, kind, message);
  }

  #receiveDevice(topic: string, message: Fields): void {
    this.#onlyKeys(topic, message, DOCUMENT_KEYS);
    this.#checkContext(topic, message);
    for (const [component, { p, ...fields }] of Object.entries(message['cmps'] as Record<string, Fields>)) {
      if (Object.keys(fields).length > 0) this.#discover(topic, component, String(p), fields);
      else this.#remove(topic, component);
    }
  }

  #receiveEntity(topic: string, platform: string, message: Fields): void {
    const { dev, o, ...fields } = message;
    this.#checkContext(topic, { dev, o, avty: fields['avty'] });
    this.#discover(topic, '', platform, fields);
  }

  #checkContext(topic: string, { dev, o }: Fields): void {
    this.#onlyKeys(topic, dev as Fields, DEVICE_KEYS);
    if (!Array.isArray((dev as Fields)?.['ids'])) this.#complain(topic, 'has a device without identifiers');
    if ((o as Fields)?.['name'] === undefined) this.#complain(topic, 'has no origin');
  }

  #discover(topic: string, component: string, platform: string, fields: Fields): void {
    this.#checkEntity(`${topic} ${component}`, platform, fields);
    const unique = String(fields['uniq_id']);
    const owner = this.#entities.get(unique);
    if (owner && (owner.topic !== topic || owner.component !== component)) {
      this.#complain(topic, `has ${unique}, which ${owner.topic} has too`);
      return;
    }
    this.#entities.set(unique, { topic, component });
  }

  #remove(topic: string, component: string): void {
    for (const [unique, owner] of this.#entities) {
      if (owner?.topic === topic && owner.component === component) this.#entities.delete(unique);
    }
  }

  #checkEntity(place: string, platform: string, fields: Fields): void {
    this.#onlyKeys(place, fields, PLATFORM_KEYS[platform] ?? []);
    const { dev_cla, unit_of_meas, stat_cla, ops, def_ent_id, exp_aft } = fields as Record<string, unknown>;
    if (!fields['uniq_id']) this.#complain(place, 'has no unique id');
    if (!fields['stat_t']) this.#complain(place, 'has no state topic');
    if (!/^[a-z_]+\.[a-z0-9_]+$/.test(String(def_ent_id)) || !String(def_ent_id).startsWith(`${platform}.`)) {
      this.#complain(place, `has the default entity id ${def_ent_id}`);
    }
    if (exp_aft !== undefined && !Number.isInteger(exp_aft))
      this.#complain(place, `expires after ${exp_aft}`);
    if (platform === 'binary_sensor') {
      if (!BINARY_SENSOR_CLASSES.includes(String(dev_cla))) this.#complain(place, `has class ${dev_cla}`);
      return;
    }
    if (platform === 'event') {
      if (!Array.isArray(fields['evt_typ'])) this.#complain(place, 'has no event types');
      return;
    }
    if (!STATE_CLASSES.includes(stat_cla)) this.#complain(place, `has state class ${stat_cla}`);
    if (fields['lrst_val_tpl'] !== undefined && stat_cla !== 'total')
      this.#complain(place, 'has a last reset and is no total');
    if ((ops !== undefined) !== (dev_cla === 'enum')) this.#complain(place, 'has options without class enum');
    if (dev_cla === undefined) return;
    const known = SENSOR_CLASSES[String(dev_cla)];
    if (known === undefined) this.#complain(place, `has class ${dev_cla}`);
    else if (!known.units.includes(unit_of_meas)) this.#complain(place, `has unit ${unit_of_meas}`);
    else if (!known.states.includes(stat_cla)) this.#complain(place, `has state class ${stat_cla}`);
  }

  #onlyKeys(place: string, fields: Fields, known: readonly string[]): void {
    for (const key of Object.keys(fields ?? {}))
      if (!known.includes(key)) this.#complain(place, `has key ${key}`);
  }

  #complain(place: string, fault: string): void {
    this.complaints.push(`${place} ${fault}`);
  }
}
