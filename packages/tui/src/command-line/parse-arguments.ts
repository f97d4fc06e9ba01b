import { readFileSync } from 'node:fs';

import { BrokerError, type BrokerSettings, loadTlsFiles, parseBrokerUrl } from '@ifcast/broker';
import { assertTopicBase, ProtocolError, topicLevel } from '@ifcast/protocol';
import { type Command, CommanderError } from 'commander';
import { OPTION_NAMES } from '../connection/setting-names.ts';
import type { Units } from '../text/format.ts';
import { COLOURED_STYLES, sgrOf } from '../theme/colours.ts';
import type { Palette } from '../theme/palette.ts';
import { TuiError } from '../tui-error.ts';
import { DEFAULT_BROKER, ifcastCommand } from './cli.ts';
import { type ConfigFile, defaultConfigPath, readConfigFile } from './config-file.ts';
import type { Options } from './options.ts';

const KEEPALIVE_S = 10;

/** What the outside gives beside the arguments. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output is a terminal that can be drawn on. */
  readonly screen: boolean;
  /** Standard input is a terminal. */
  readonly keyboard: boolean;
  readonly version: string;
  /** Takes what `--help` and `--version` print. */
  readonly print: (text: string) => void;
}

/** What commander found; the environment and the configuration file are in it. */
interface RawOptions {
  readonly config?: string;
  readonly broker?: readonly string[];
  readonly username?: string;
  readonly passwordFile?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly mqttVersion: 'auto' | '5' | '3.1.1';
  readonly topic: string;
  readonly host?: string;
  readonly units: Units;
  readonly json?: true;
  readonly plain?: true;
  readonly once?: true;
  readonly count?: number;
  readonly timeout?: number;
  readonly record?: string;
  readonly force?: true;
  readonly replay?: string;
  readonly speed?: number;
  readonly color: boolean;
  readonly ascii?: boolean;
}

/**
 * What the arguments, the environment and the configuration file ask for.
 *
 * @param argv - arguments, without the program
 * @returns `null` when `--help` or `--version` has been printed
 * @throws {@link TuiError} `usage`, `config` or `noInput`
 */
export function parseArguments(argv: readonly string[], surroundings: Surroundings): Options | null {
  const command = ifcastCommand(surroundings.version);
  command.exitOverride();
  command.configureOutput({ writeOut: surroundings.print, writeErr: () => {} });
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw usage(error.message.replace(/^error: /, '').replace(/\s+/g, ' '), error);
  }
  const file = configFile(command.opts<RawOptions>(), surroundings.env);
  if (file !== null) applyConfigFile(command, file);
  return check(command.opts<RawOptions>(), colours(file), surroundings);
}

function configFile({ config }: RawOptions, env: Surroundings['env']): ConfigFile | null {
  if (config !== undefined) return readConfigFile(config, true);
  const path = defaultConfigPath(env);
  return path === null ? null : readConfigFile(path, false);
}

/** They belong to the file's broker: another one shall not be sent its password. */
const BROKER_SETTINGS = ['username', 'password-file', 'ca', 'cert', 'key', 'servername', 'mqtt-version'];

/** The file's settings take the place of defaults; what an argument or the environment says stays. */
function applyConfigFile(command: Command, { settings }: ConfigFile): void {
  const otherBroker = command.getOptionValueSource('broker') !== undefined;
  for (const [name, { value, place }] of settings) {
    if (otherBroker && BROKER_SETTINGS.includes(name)) continue;
    const option = command.options.find(({ long }) => long === `--${name}` || long === `--no-${name}`);
    if (option === undefined) throw new Error(`no option is called ${name}`);
    const source = command.getOptionValueSource(option.attributeName());
    if (source !== undefined && source !== 'default') continue;
    if (option.argChoices !== undefined && !option.argChoices.includes(String(value))) {
      throw new TuiError('config', `${place} must be one of ${option.argChoices.join(', ')}`);
    }
    command.setOptionValueWithSource(option.attributeName(), value, 'config');
  }
}

function colours(file: ConfigFile | null): Partial<Palette> {
  const chosen: Partial<Record<keyof Palette, string>> = {};
  for (const [name, { value, place }] of file?.colors ?? []) {
    const style = COLOURED_STYLES.find((candidate) => candidate === name);
    if (style === undefined) {
      throw new TuiError('config', `${place} is not known; known are ${COLOURED_STYLES.join(', ')}`);
    }
    const sgr = sgrOf(String(value));
    if (sgr === null) {
      throw new TuiError(
        'config',
        `${place} must be a colour such as "green", "bright-blue" or "bold yellow"`,
      );
    }
    chosen[style] = sgr;
  }
  return chosen;
}

function check(raw: RawOptions, palette: Partial<Palette>, { env, screen, keyboard }: Surroundings): Options {
  const count = raw.once ? 1 : (raw.count ?? null);
  // A recording that comes from standard input leaves the terminal for the keys.
  const interactive = screen && (keyboard || raw.replay === '-');
  const output = raw.json ? 'json' : raw.plain || count !== null || !interactive ? 'plain' : 'screen';
  if (output === 'screen' && raw.timeout !== undefined) {
    throw usage('--timeout needs --json, --plain, --once or --count');
  }
  if (raw.speed !== undefined && raw.replay === undefined) throw usage('--speed needs --replay');
  if (raw.force && raw.record === undefined) throw usage('--force needs --record');
  if (raw.replay === '-' && keyboard) {
    throw usage('--replay - reads a recording from standard input, which is a terminal');
  }
  const [host = '+', iface = '+', ...more] = raw.host === undefined ? [] : raw.host.split('/');
  if (more.length > 0 || host === '' || iface === '') throw usage('--host takes HOST or HOST/INTERFACE');
  checkTopic(raw.topic);
  return {
    broker: brokerSettings(raw, env),
    topic: raw.topic,
    onlyHost: host === '+' ? host : topicLevel(host),
    onlyInterface: iface === '+' ? iface : topicLevel(iface),
    output,
    count,
    timeoutMs: raw.timeout === undefined ? null : raw.timeout * 1000,
    record: raw.record === undefined ? null : { file: raw.record, overwrite: raw.force ?? false },
    replay: raw.replay === undefined ? null : { file: raw.replay, speed: raw.speed ?? 1 },
    units: raw.units,
    colour: raw.color && (env['NO_COLOR'] ?? '') === '',
    colours: palette,
    ascii: raw.ascii ?? false,
  };
}

function brokerSettings(raw: RawOptions, env: Surroundings['env']): BrokerSettings {
  const urls = (raw.broker ?? [DEFAULT_BROKER]).map(withScheme);
  const settings = {
    urls,
    version: raw.mqttVersion,
    username: raw.username ?? null,
    password: password(raw.passwordFile, env),
    ca: raw.ca ?? null,
    cert: raw.cert ?? null,
    key: raw.key ?? null,
    servername: raw.servername ?? null,
    keepaliveS: KEEPALIVE_S,
  };
  try {
    const addresses = urls.map(parseBrokerUrl);
    const tls = [raw.ca, raw.cert, raw.key, raw.servername].some((option) => option !== undefined);
    const open = addresses.find(({ protocol }) => protocol === 'mqtt' || protocol === 'ws');
    if (tls && open !== undefined) {
      throw usage(
        `--ca, --cert, --key and --servername need mqtts:// or wss://, and ${open.label} is neither`,
      );
    }
    // They are read again at each connect; now is the time to say what is wrong with them.
    if (tls) loadTlsFiles(settings, OPTION_NAMES);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    if (error.code === 'file') throw new TuiError('noInput', error.message, { cause: error });
    throw usage(error.code === 'url' ? `--broker: ${error.message}` : error.message, error);
  }
  return settings;
}

/** A broker can be named by its host alone. */
function withScheme(text: string): string {
  // "mqtt:host" has lost its slashes; "mqtt:1883" is a host.
  return /^[a-z]+:\/\/|^(mqtts?|wss?):(?!\d+$)/i.test(text) ? text : `mqtt://${text}`;
}

function checkTopic(topic: string): void {
  try {
    assertTopicBase(topic);
  } catch (error) {
    if (error instanceof ProtocolError) throw usage(`--topic: ${error.message}`, error);
    throw error;
  }
}

function password(file: string | undefined, env: Surroundings['env']): string | null {
  const content = fileOf('--password-file', file);
  if (content !== null) return content.toString('utf8').split(/\r?\n/, 1)[0] ?? '';
  return env['IFCAST_MQTT_PASSWORD'] ?? null;
}

function fileOf(option: string, path: string | undefined): Buffer | null {
  if (path === undefined) return null;
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
    throw new TuiError('noInput', `${option}: cannot read ${JSON.stringify(path)} (${String(code)})`, {
      cause,
    });
  }
}

function usage(message: string, cause?: unknown): TuiError {
  return new TuiError('usage', `${message}; see ifcast --help`, { cause });
}
