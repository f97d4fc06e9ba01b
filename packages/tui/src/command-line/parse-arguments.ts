import {
  BrokerError,
  type BrokerSettings,
  loadTlsFiles,
  parseBrokerUrl,
  readRegularFile,
} from '@ifcast/broker';
import { assertTopicBase, ProtocolError } from '@ifcast/protocol';
import { type Command, CommanderError } from 'commander';
import { codeOf } from '../base/code-of.ts';
import { TuiError } from '../base/tui-error.ts';
import { OPTION_NAMES } from '../connection/setting-names.ts';
import { stateDirectory } from '../remembered/state-directory.ts';
import type { Units } from '../text/format.ts';
import { brokerFault, DEFAULT_BROKER, withScheme } from './broker-option.ts';
import { ifcastCommand } from './cli.ts';
import { defaultConfigPath, readConfigFile } from './config-file.ts';
import type { FileSettings, SettingChecks } from './config-keys.ts';
import { selectionOf } from './host-option.ts';
import { localeIsAscii } from './locale.ts';
import type { Options, Theme } from './options.ts';

const KEEPALIVE_S = 10;
const MAX_PASSWORD_FILE_BYTES = 64 * 1024;

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
  readonly theme: Theme;
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
  const file = configFile(command, surroundings.env);
  if (file !== null) applyConfigFile(command, file);
  return check(command, file, surroundings);
}

function configFile(command: Command, env: Surroundings['env']): FileSettings | null {
  const { config } = command.opts<RawOptions>();
  const path = config ?? defaultConfigPath(env);
  return path === null ? null : readConfigFile(path, config !== undefined, fileChecks(command));
}

/** What the command line asks of an option's text, for texts that come from the file. */
function fileChecks(command: Command): SettingChecks {
  const choices = command.options.flatMap(({ long, argChoices }): [string, SettingChecks[string]][] => {
    if (argChoices === undefined) return [];
    const expected = argChoices.map((choice) => `"${choice}"`).join(', ');
    const fault = (text: string): string => `${JSON.stringify(text)} is not one of ${expected}`;
    return [[long!.slice(2), (text) => (argChoices.includes(text) ? null : fault(text))]];
  });
  return {
    ...Object.fromEntries(choices),
    broker: brokerFault,
    topic: topicFault,
    host: (text) => (selectionOf(text) === null ? HOST_FAULT : null),
    'password-file': (path) => {
      try {
        readRegularFile(path, 1);
        return null;
      } catch (error) {
        return `${JSON.stringify(path)} cannot be read (${codeOf(error)})`;
      }
    },
  };
}

/** They belong to the file's broker: another one shall not be sent its password. */
const BROKER_SETTINGS = ['username', 'password-file', 'ca', 'cert', 'key', 'servername', 'mqtt-version'];

/** The file's settings take the place of defaults; what an argument or the environment says stays. */
function applyConfigFile(command: Command, { settings }: FileSettings): void {
  const otherBroker = command.getOptionValueSource('broker') !== undefined;
  for (const [name, value] of settings) {
    if (otherBroker && BROKER_SETTINGS.includes(name)) continue;
    const option = command.options.find(({ long }) => long === `--${name}` || long === `--no-${name}`);
    if (option === undefined) throw new Error(`no option is called ${name}`);
    const source = command.getOptionValueSource(option.attributeName());
    if (source !== undefined && source !== 'default') continue;
    command.setOptionValueWithSource(option.attributeName(), value, 'config');
  }
}

function check(command: Command, file: FileSettings | null, surroundings: Surroundings): Options {
  const raw = command.opts<RawOptions>();
  const { env, screen, keyboard } = surroundings;
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
  const selection = selectionOf(raw.host ?? '+');
  if (selection === null) throw usage(`${sourceOf(command, 'host')}: ${HOST_FAULT}`);
  const topic = topicFault(raw.topic);
  if (topic !== null) throw usage(`${sourceOf(command, 'topic')}: ${topic}`);
  return {
    broker: brokerSettings(raw, env),
    topic: raw.topic,
    ...selection,
    output,
    count,
    timeoutMs: raw.timeout === undefined ? null : raw.timeout * 1000,
    record: raw.record === undefined ? null : { file: raw.record, overwrite: raw.force ?? false },
    replay: raw.replay === undefined ? null : { file: raw.replay, speed: raw.speed ?? 1 },
    units: raw.units,
    unitsAreChosen: command.getOptionValueSource('units') !== 'default',
    colour: raw.color && (env['NO_COLOR'] ?? '') === '',
    theme: raw.theme,
    colours: file?.colours ?? {},
    ascii: raw.ascii ?? localeIsAscii(env),
    alarms: file?.alarms ?? [],
    stateDirectory: (file?.remember ?? true) ? stateDirectory(env) : null,
  };
}

/** Where the value of an option comes from, for messages. */
function sourceOf(command: Command, name: string): string {
  const option = command.options.find((candidate) => candidate.attributeName() === name);
  return command.getOptionValueSource(name) === 'env' ? (option?.envVar ?? name) : `--${name}`;
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

const HOST_FAULT = 'it takes HOST or HOST/INTERFACE';

function topicFault(topic: string): string | null {
  try {
    assertTopicBase(topic);
    return null;
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
}

function password(path: string | undefined, env: Surroundings['env']): string | null {
  if (path === undefined) return env['IFCAST_MQTT_PASSWORD'] ?? null;
  let content: Buffer;
  try {
    content = readRegularFile(path, MAX_PASSWORD_FILE_BYTES);
  } catch (cause) {
    const message = `--password-file: cannot read ${JSON.stringify(path)} (${codeOf(cause)})`;
    throw new TuiError('noInput', message, { cause });
  }
  // A byte order mark, which some editors write, is no part of the password: TextDecoder leaves it out.
  return new TextDecoder().decode(content).split(/\r?\n/, 1)[0] ?? '';
}

function usage(message: string, cause?: unknown): TuiError {
  return new TuiError('usage', `${message}; see ifcast --help`, { cause });
}
