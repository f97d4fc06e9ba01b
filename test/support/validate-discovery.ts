import { readFileSync } from 'node:fs';

/** What home-assistant-schema/README.md says where it is from. */
const SCHEMA = read('schema') as {
  readonly topics: { readonly id_regex: string };
  readonly device_discovery_schema: Keys;
  readonly shared_options_inherited_by_components: readonly string[];
  readonly device_info_schema: Keys;
  readonly origin_info_schema: Keys;
  readonly availability_entry_keys: readonly string[];
  readonly platforms: Readonly<Record<string, Keys>>;
  readonly supported_components: readonly string[];
  readonly non_entity_platforms: readonly string[];
  readonly removed_keys: Readonly<Record<string, string>>;
};
const NAMES = read('abbreviations') as Readonly<
  Record<'abbreviations' | 'device_abbreviations' | 'origin_abbreviations', Readonly<Record<string, string>>>
>;
const CLASSES = read('sensor-classes') as {
  readonly sensor_device_classes: readonly string[];
  readonly non_numeric_device_classes: readonly string[];
  readonly binary_sensor_device_classes: readonly string[];
  readonly button_device_classes: readonly string[];
  readonly state_classes: readonly string[];
  readonly device_class_units: Readonly<Record<string, readonly (string | null)[]>>;
  readonly device_class_state_classes: Readonly<Record<string, readonly string[]>>;
};

type Keys = Readonly<Record<string, { readonly required?: boolean }>>;
type Fields = Readonly<Record<string, unknown>>;

/**
 * Everything that Home Assistant would refuse, strip or grumble about in the discovery of a device.
 *
 * @param topic - where it is published
 * @param document - its JSON
 * @returns a sentence each; empty when all is well
 */
export function validateDiscovery(topic: string, document: unknown, prefix = 'homeassistant'): string[] {
  const whole = expanded(document, NAMES.abbreviations);
  return [...topicFaults(topic, prefix), ...documentFaults(whole), ...componentsFaults(whole)];
}

function topicFaults(topic: string, prefix: string): string[] {
  const form = new RegExp(`^${prefix}/device/((?:[^/]+/)?[^/]+)/config$`).exec(topic);
  if (form === null) return [`the topic is not ${prefix}/device/[node/]id/config`];
  const ids = form[1]!.split('/').filter((id) => !new RegExp(SCHEMA.topics.id_regex).test(id));
  return ids.map((id) => `the topic's id ${JSON.stringify(id)} has characters that are refused`);
}

/** One of these, and the whole document is dropped. */
function documentFaults(whole: Fields): string[] {
  const device = expanded(whole['device'], NAMES.device_abbreviations);
  const origin = expanded(whole['origin'], NAMES.origin_abbreviations);
  const identified = list(device['identifiers']).length > 0 || list(device['connections']).length > 0;
  const words = Object.entries(device).filter(([key]) => key !== 'identifiers' && key !== 'connections');
  return [
    ...unknownKeys('document', whole, SCHEMA.device_discovery_schema),
    ...missingKeys('document', whole, SCHEMA.device_discovery_schema),
    ...availabilityFaults('document', whole),
    ...unknownKeys('device', device, SCHEMA.device_info_schema),
    ...(identified ? [] : ['device: neither identifiers nor connections']),
    ...list(device['connections']).flatMap((pair) =>
      list(pair).length === 2 ? [] : ['device: a connection is a pair'],
    ),
    ...words.flatMap(([key, value]) => (typeof value === 'string' ? [] : [`device.${key} is no string`])),
    ...unknownKeys('origin', origin, SCHEMA.origin_info_schema),
    ...missingKeys('origin', origin, SCHEMA.origin_info_schema),
  ];
}

function componentsFaults(whole: Fields): string[] {
  const uniqueIds = new Set<string>();
  const components = Object.entries(expanded(whole['components'], {}));
  return components.flatMap(([name, raw]) => {
    const own = expanded(raw, NAMES.abbreviations);
    const platform = String(own['platform']);
    if (!SCHEMA.supported_components.includes(platform)) return [`${name}: platform ${platform}`];
    // What has nothing but its platform removes the component.
    if (Object.keys(own).length === 1) return [];
    const inherited = SCHEMA.shared_options_inherited_by_components.filter((key) => key in whole);
    const all = { ...Object.fromEntries(inherited.map((key) => [key, whole[key]])), ...own };
    const id = `${platform} ${own['unique_id']}`;
    const twice = uniqueIds.has(id);
    uniqueIds.add(id);
    const faults = [
      ...(own['unique_id'] || SCHEMA.non_entity_platforms.includes(platform) ? [] : ['no unique_id']),
      ...(twice ? ['its unique_id is taken'] : []),
      ...platformFaults(platform, own, all),
      ...classFaults(platform, own),
      ...sensorFaults(platform, own),
    ];
    return [...faults.map((fault) => `${name}: ${fault}`), ...availabilityFaults(name, all)];
  });
}

function platformFaults(platform: string, own: Fields, all: Fields): string[] {
  const keys = SCHEMA.platforms[platform];
  if (keys === undefined) return [`no keys are known of the platform ${platform}`];
  const known = { ...keys, platform: {} };
  const whole = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;
  const wrong = Object.entries(all).filter(([key, value]) => {
    if (key === 'qos') return value !== 0 && value !== 1 && value !== 2;
    if (['expire_after', 'suggested_display_precision', 'off_delay'].includes(key)) return !whole(value);
    if (['force_update', 'enabled_by_default', 'visible_by_default'].includes(key))
      return typeof value !== 'boolean';
    if (key === 'icon') return !/^[\w-]+:[\w-]+$/.test(String(value));
    if (key === 'default_entity_id') return !String(value).startsWith(`${platform}.`);
    if (key === 'entity_category') return value !== 'diagnostic';
    return key.endsWith('_topic') && (typeof value !== 'string' || value === '' || value.includes('\0'));
  });
  return [
    ...unknownKeys(platform, own, known),
    ...missingKeys(platform, all, keys),
    ...Object.keys(own).flatMap((key) =>
      key in SCHEMA.removed_keys ? [`${key}: ${SCHEMA.removed_keys[key]}`] : [],
    ),
    ...wrong.map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
  ];
}

function classFaults(platform: string, { device_class: name }: Fields): string[] {
  const known: Readonly<Record<string, readonly string[]>> = {
    sensor: CLASSES.sensor_device_classes,
    binary_sensor: CLASSES.binary_sensor_device_classes,
    button: CLASSES.button_device_classes,
  };
  if (name === undefined || known[platform] === undefined) return [];
  return known[platform].includes(String(name)) ? [] : [`device_class ${name}`];
}

function sensorFaults(platform: string, own: Fields): string[] {
  if (platform !== 'sensor') return [];
  const { device_class: name, state_class: stateClass, unit_of_measurement: unit = null, options } = own;
  const units = CLASSES.device_class_units[String(name)];
  const stateClasses = CLASSES.device_class_state_classes[String(name)];
  const hasStateClass = stateClass !== undefined;
  return [
    hasStateClass && !CLASSES.state_classes.includes(String(stateClass)) && `state_class ${stateClass}`,
    units !== undefined && !units.includes(unit as string | null) && `unit ${unit} of ${name}`,
    hasStateClass && stateClasses?.includes(String(stateClass)) === false && `no statistics of ${name}`,
    CLASSES.non_numeric_device_classes.includes(String(name)) && unit !== null && `${name} has no unit`,
    options !== undefined && list(options).length === 0 && 'no options',
    options !== undefined && name !== 'enum' && 'options are for device_class enum',
    options !== undefined && (hasStateClass || unit !== null) && 'options go with no state_class or unit',
    'last_reset_value_template' in own && stateClass !== 'total' && 'last_reset_value_template without total',
  ].filter((fault) => fault !== false);
}

function availabilityFaults(where: string, fields: Fields): string[] {
  const entries = list(fields['availability']).map((entry) => expanded(entry, NAMES.abbreviations));
  const { availability_mode: mode = 'latest' } = fields;
  return [
    ...('availability' in fields && 'availability_topic' in fields
      ? [`${where}: availability and availability_topic`]
      : []),
    ...(['all', 'any', 'latest'].includes(String(mode)) ? [] : [`${where}: availability_mode ${mode}`]),
    ...entries.flatMap((entry) => (entry['topic'] ? [] : [`${where}: availability without a topic`])),
    ...entries.flatMap((entry) =>
      Object.keys(entry)
        .filter((key) => !SCHEMA.availability_entry_keys.includes(key))
        .map((key) => `${where}: availability has no key ${key}`),
    ),
  ];
}

function unknownKeys(where: string, fields: Fields, keys: Keys): string[] {
  return Object.keys(fields)
    .filter((key) => !Object.hasOwn(keys, key) || key.startsWith('_'))
    .map((key) => `${where}: there is no key ${key}`);
}

function missingKeys(where: string, fields: Fields, keys: Keys): string[] {
  return Object.entries(keys)
    .filter(([key, { required }]) => required === true && !Object.hasOwn(fields, key))
    .map(([key]) => `${where}: ${key} is missing`);
}

/** With the full names of abbreviated keys; nothing where it is no object. */
function expanded(value: unknown, names: Readonly<Record<string, string>>): Fields {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [Object.hasOwn(names, key) ? names[key] : key, inner]),
  );
}

function list(value: unknown): readonly unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`home-assistant-schema/${name}.json`, import.meta.url), 'utf8'));
}
