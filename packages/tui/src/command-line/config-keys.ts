import { resolve } from 'node:path';

import { BrokerError, loadTlsFiles } from '@ifcast/broker';

import type { AlarmRule } from '../store/alarms.ts';
import { COLOURED_STYLES, sgrOf } from '../theme/colours.ts';
import type { Palette } from '../theme/palette.ts';
import { readAlarms } from './alarm-keys.ts';
import { type ConfigFaults, isTable } from './config-faults.ts';

/** A parsed TOML document; nothing is known of its keys. */
export type Document = Readonly<Record<string, unknown>>;

/**
 * What an option takes, as the command line knows it, by option: says what would be right, or `null` where the text is.
 */
export type SettingChecks = Readonly<Record<string, (text: string) => string | null>>;

/** What a configuration file says. */
export interface FileSettings {
  /** By option of the command line, without its dashes. Paths are absolute. */
  readonly settings: ReadonlyMap<string, Setting>;
  /** The table `[colors]`: SGR parameters by style. */
  readonly colours: Partial<Palette>;
  readonly alarms: readonly AlarmRule[];
  /** What the screen was left with is kept for the next start. */
  readonly remember: boolean;
}

type Setting = string | readonly string[] | boolean;

/** What a key of the configuration file may be. */
type Kind = 'text' | 'texts' | 'path' | 'flag';

/** Keys of the configuration file that are options of the command line with `-` for `_`. */
const OPTION_KEYS: Readonly<Record<string, Kind>> = {
  broker: 'texts',
  username: 'text',
  password_file: 'path',
  ca: 'path',
  cert: 'path',
  key: 'path',
  servername: 'text',
  mqtt_version: 'text',
  topic: 'text',
  host: 'text',
  units: 'text',
  theme: 'text',
  color: 'flag',
  ascii: 'flag',
};

/** Every key that stands at the top of the file, for messages and for whoever documents them. */
export const CONFIG_KEYS: readonly string[] = [...Object.keys(OPTION_KEYS), 'remember'];

/** Checks a document, noting all that is wrong in it. */
export function checkDocument(
  document: Document,
  directory: string,
  checks: SettingChecks,
  faults: ConfigFaults,
): FileSettings {
  const settings = new Map<string, Setting>();
  let colours: Partial<Palette> = {};
  let alarms: readonly AlarmRule[] = [];
  let remember = true;
  for (const [key, value] of Object.entries(document)) {
    if (key === 'colors') colours = readColours(value, faults);
    else if (key === 'alarm') alarms = readAlarms(value, faults);
    else if (key === 'remember') {
      if (typeof value === 'boolean') remember = value;
      else faults.isNot([key], value, 'true or false');
    } else if (!Object.hasOwn(OPTION_KEYS, key)) {
      const known = [...CONFIG_KEYS, '[colors]', '[[alarm]]'].join(', ');
      faults.add([key], `there is no such key; there are ${known}`, 'key');
    } else {
      const setting = readSetting(key, OPTION_KEYS[key]!, value, directory, checks, faults);
      if (setting !== null) settings.set(optionOf(key), setting);
    }
  }
  examineTls(settings, faults);
  return { settings, colours, alarms, remember };
}

function optionOf(key: string): string {
  return key.replaceAll('_', '-');
}

function readSetting(
  key: string,
  kind: Kind,
  value: unknown,
  directory: string,
  checks: SettingChecks,
  faults: ConfigFaults,
): Setting | null {
  const path = [key];
  if (kind === 'flag') {
    if (typeof value === 'boolean') return value;
    faults.isNot(path, value, 'true or false');
    return null;
  }
  const list: readonly unknown[] = kind === 'texts' && Array.isArray(value) ? value : [value];
  if (list.length === 0 || !list.every((item) => typeof item === 'string')) {
    faults.isNot(path, value, kind === 'texts' ? 'a text in quotes, or a list of them' : 'a text in quotes');
    return null;
  }
  const texts = kind === 'path' ? list.map((text) => resolve(directory, text)) : list;
  const wrong = texts.map((text) => checks[optionOf(key)]?.(text) ?? null).filter((fault) => fault !== null);
  for (const fault of wrong) faults.add(path, fault);
  if (wrong.length > 0) return null;
  return kind === 'texts' ? texts : texts[0]!;
}

/** What the command line would refuse as a whole. */
function examineTls(settings: ReadonlyMap<string, Setting>, faults: ConfigFaults): void {
  const path = (name: string): string | null => (settings.get(name) as string | undefined) ?? null;
  const groups = [
    { ca: path('ca'), cert: null, key: null },
    { ca: null, cert: path('cert'), key: path('key') },
  ];
  for (const files of groups) {
    try {
      loadTlsFiles(files, { ca: 'ca', cert: 'cert', key: 'key' });
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      const [given] = ['ca', 'key', 'cert'].filter((name) => error.message.startsWith(`${name} `));
      faults.add([given ?? 'cert'], error.message.replace(/^(?:ca|cert|key) /, ''));
    }
  }
  const urls = settings.get('broker');
  if (!Array.isArray(urls) || urls.every((url: string) => /^(?:mqtts|wss):/i.test(url))) return;
  for (const name of ['ca', 'cert', 'key', 'servername']) {
    if (settings.has(name)) faults.add([name], 'it needs mqtts:// or wss://, and not every "broker" is that');
  }
}

function readColours(value: unknown, faults: ConfigFaults): Partial<Palette> {
  const colours: Partial<Record<keyof Palette, string>> = {};
  if (!isTable(value)) {
    faults.isNot(['colors'], value, 'a table');
    return colours;
  }
  for (const [name, words] of Object.entries(value)) {
    const path = ['colors', name];
    const style = COLOURED_STYLES.find((candidate) => candidate === name);
    if (style === undefined) {
      faults.add(path, `there is no such key; there are ${COLOURED_STYLES.join(', ')}`, 'key');
      continue;
    }
    const sgr = typeof words === 'string' ? sgrOf(words) : null;
    if (sgr === null) faults.isNot(path, words, 'a colour such as "green", "bright-blue" or "bold yellow"');
    else colours[style] = sgr;
  }
  return colours;
}
