import { DEFAULT_SIZE_UPPER_BOUNDS, HOOK_NAMES, PACKET_KINDS, topicLevel } from '@ifcast/protocol';

import { capTable } from './cap-settings.ts';
import { bool, integer, interfaces, oneOf, oneOrMore, orEmpty, sizeUpperBounds, text } from './checks.ts';
import { BACKEND_SETTINGS, type Config, type FilterConfig } from './config.ts';
import { address, filterId, port, protocol, tcpdumpExpression } from './filter-checks.ts';
import { filterConfigs } from './filter-settings.ts';
import { homeAssistantTable } from './home-assistant-settings.ts';
import { hostName } from './mqtt-checks.ts';
import { mqttTable } from './mqtt-settings.ts';
import type { Place } from './place.ts';
import { checkPromacct, prometheusTable } from './prometheus-settings.ts';
import { INTERFACE_PLACEHOLDER, MAX_SOCKET_PATH_BYTES, socketTable } from './socket-settings.ts';
import { type Keys, key, readTable, renamedKey, requiredKey, tableArrayKey } from './table.ts';
import type { TomlTable } from './toml-document.ts';
import { checkTriggerFilters, triggerTables } from './trigger-settings.ts';

/*
 * Every key of the configuration file, with its check and its default; what an output takes stands in a file of its own,
 * such as mqtt-settings.ts. config/ifcast.toml shows the same keys and the
 * same defaults to people; a test holds the two together. `null` is what `""` means in the file: not set.
 */

const FILTER = {
  id: requiredKey(filterId, 'an id such as "web", which names the filter in topics'),
  name: key(orEmpty(text(64)), null),
  enabled: key(bool, true),
  proto: key(protocol, 'any'),
  ip: key(orEmpty(oneOrMore(address)), null),
  src_ip: key(orEmpty(oneOrMore(address)), null),
  dst_ip: key(orEmpty(oneOrMore(address)), null),
  port: key(orEmpty(oneOrMore(port)), null),
  src_port: key(orEmpty(oneOrMore(port)), null),
  dst_port: key(orEmpty(oneOrMore(port)), null),
  direction: key(oneOf('both', 'in', 'out'), 'both'),
  match: key(orEmpty(tcpdumpExpression), null),
};

const ROOT = {
  interface: key(interfaces, 'auto'),
  host: key(orEmpty(hostName), null),
  delay_ms: key(integer(100, 3_600_000, 'a number of milliseconds'), 500),
  state_interval_s: key(integer(5, 86_400, 'a number of seconds'), 30),
  backend: key(oneOf(...BACKEND_SETTINGS), 'auto'),
  hook: key(oneOf(...HOOK_NAMES), 'socket'),
  packet: key(oneOf(...PACKET_KINDS), 'wire'),
  count: renamedKey('packet'),
  packet_size_buckets: key(sizeUpperBounds, DEFAULT_SIZE_UPPER_BOUNDS),
  log_level: key(oneOf('error', 'warn', 'info', 'debug'), 'info'),
  cap: capTable,
  mqtt: mqttTable,
  home_assistant: homeAssistantTable,
  prometheus: prometheusTable,
  socket: socketTable,
  filter: tableArrayKey(FILTER, filterConfigs),
  trigger: triggerTables,
};

/** What overrides the file: the command line's options, each already checked. */
export interface Overrides {
  readonly interfaces?: Config['interfaces'];
  readonly backend?: Config['backend'];
  readonly hook?: Config['hook'];
  readonly packet?: Config['packet'];
  readonly urls?: Config['mqtt']['urls'];
  readonly host?: string;
  readonly topic?: string;
  readonly logLevel?: Config['logLevel'];
}

/** What the machine adds to the file. */
export interface Surroundings {
  readonly hostname: string;
  /** IFCAST_MQTT_PASSWORD; `undefined` where it is not set. */
  readonly password: string | undefined;
}

/** The names of all keys but those of earlier versions, such as `mqtt.url` or `filter.port`. */
export function configKeys(keys: Keys = ROOT, prefix = ''): readonly string[] {
  return Object.entries(keys).flatMap(([name, { keys: inner, renamedTo }]) =>
    renamedTo === undefined
      ? [`${prefix}${name}`, ...(inner === undefined ? [] : configKeys(inner, `${prefix}${name}.`))]
      : [],
  );
}

/**
 * The configuration that a document asks for; what is wrong with it is noted at its place, and then the result is not to
 * be used.
 *
 * @param defaultFilters - what counts where the document has no `[[filter]]`
 */
export function readSettings(
  table: TomlTable,
  place: Place,
  overrides: Overrides,
  { hostname, password }: Surroundings,
  defaultFilters: () => readonly FilterConfig[],
): Config {
  const settings = readTable(table, ROOT, place);
  const { mqtt } = settings;
  if (settings.state_interval_s * 1000 < settings.delay_ms) {
    place
      .at('delay_ms')
      .fault(
        `${settings.delay_ms} ms is longer than state_interval_s, ${settings.state_interval_s} s: raise that too`,
      );
  }
  if (settings.backend === 'cap' && table['packet'] === 'wire') {
    place.at('packet').warn('the cap backend counts packets as they are captured, whatever this says');
  }
  if (settings.backend === 'cap' && table['hook'] !== undefined) {
    place.at('hook').warn('the cap backend has no hooks: this says nothing to it');
  }
  const interfaceNames = overrides.interfaces ?? settings.interface;
  if (settings.socket !== null)
    checkSocketPath(settings.socket.path, interfaceNames, place.at('socket').at('path'));
  const filters = settings.filter ?? defaultFilters();
  if (filters.every(({ enabled }) => !enabled)) {
    place.at('filter').warn('every filter is disabled: nothing is counted');
  }
  const hook = overrides.hook ?? settings.hook;
  for (const [index, { enabled, conditions }] of filters.entries()) {
    if (hook !== 'xdp' || !enabled || conditions.direction !== 'out') continue;
    const what = 'hook = "xdp" sees incoming packets only: this filter counts nothing';
    place.at('filter').at(index).at('direction').warn(what);
  }
  const triggers = settings.trigger ?? [];
  checkTriggerFilters(triggers, filters, place.at('trigger'));
  if (settings.prometheus.promacct)
    checkPromacct(settings.packet_size_buckets, filters, place.at('prometheus').at('promacct'));
  const host = overrides.host ?? settings.host ?? hostname;
  return {
    host,
    interfaces: interfaceNames,
    backend: overrides.backend ?? settings.backend,
    hook,
    packet: overrides.packet ?? settings.packet,
    delayMs: settings.delay_ms,
    stateIntervalS: settings.state_interval_s,
    sizeUpperBounds: settings.packet_size_buckets,
    logLevel: overrides.logLevel ?? settings.log_level,
    cap: settings.cap,
    mqtt: {
      ...mqtt,
      urls: overrides.urls ?? mqtt.urls,
      topic: overrides.topic ?? mqtt.topic,
      clientId: mqtt.clientId ?? `ifcast-${topicLevel(host)}`,
      password: password ?? mqtt.password,
    },
    homeAssistant: settings.home_assistant,
    prometheus: settings.prometheus,
    socket: settings.socket,
    triggers,
    filters,
  };
}

/** Notes what does not hold once the interfaces have their names in the path. */
function checkSocketPath(path: string, interfaces: Config['interfaces'], place: Place): void {
  if (interfaces === 'auto') return;
  if (interfaces.length > 1 && !path.includes(INTERFACE_PLACEHOLDER)) {
    place.fault(
      `there is a socket for each of ${interfaces.length} interfaces: put ${INTERFACE_PLACEHOLDER} into the path`,
    );
  }
  const long = interfaces.find(
    (name) => Buffer.byteLength(path.replaceAll(INTERFACE_PLACEHOLDER, name)) > MAX_SOCKET_PATH_BYTES,
  );
  if (long !== undefined) {
    place.fault(
      `for ${long} it has more than the ${MAX_SOCKET_PATH_BYTES} bytes that the path of a socket may have`,
    );
  }
}
