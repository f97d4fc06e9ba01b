import { readFileSync } from 'node:fs';

import { assertTopicBase, DEFAULT_TOPIC_BASE, ProtocolError, topicLevel } from '@ifcast/protocol';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import type { Options } from './options.ts';
import type { Broker } from './session.ts';
import { TuiError } from './tui-error.ts';

const DEFAULT_BROKER = 'mqtt://127.0.0.1';
const PROTOCOLS = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];

/** What the outside gives beside the arguments. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output and standard input are terminals that can be drawn on. */
  readonly interactive: boolean;
  readonly version: string;
  /** Takes what `--help` and `--version` print. */
  readonly print: (text: string) => void;
}

const EXIT_CODES = `
Exit codes:
  0    done, quit, or the reader of the output went away
  1    a fault of this program
  64   wrong arguments
  66   a file cannot be read
  69   the broker cannot be reached
  73   a file cannot be written
  75   the daemon is offline
  124  --timeout passed without the broadcasts that were asked for

The password comes from --password-file, from IFCAST_MQTT_PASSWORD or from the
URL.
`;

interface RawOptions {
  readonly broker?: string[];
  readonly username?: string;
  readonly passwordFile?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly mqttVersion: 'auto' | '5' | '3.1.1';
  readonly topic: string;
  readonly host?: string;
  readonly json?: true;
  readonly plain?: true;
  readonly once?: true;
  readonly count?: number;
  readonly timeout?: number;
  readonly record?: string;
  readonly replay?: string;
  readonly speed?: number;
  readonly color: boolean;
  readonly ascii?: true;
}

/**
 * What the arguments ask for.
 *
 * @param argv - arguments, without the program
 * @returns `null` when `--help` or `--version` has been printed
 * @throws {@link TuiError} `usage` or `noInput`
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
  return check(command.opts<RawOptions>(), surroundings);
}

/** The command line: its options and what they are for. */
export function ifcastCommand(version: string): Command {
  return new Command('ifcast')
    .configureHelp({ helpWidth: 80 })
    .description('Shows the traffic that ifcastd broadcasts over MQTT.')
    .usage('[options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option(
      '-b, --broker <url>',
      `broker, mqtt://, mqtts://, ws:// or wss://; again for others to try (default: "${DEFAULT_BROKER}")`,
      collect,
    )
    .option('-u, --username <name>', 'user name at the broker')
    .option('--password-file <file>', 'file whose first line is the password')
    .option('--ca <file>', "CA certificates that the broker's certificate is checked against, PEM")
    .option('--cert <file>', 'client certificate, PEM')
    .option('--key <file>', 'key of the client certificate, PEM')
    .option(
      '--servername <name>',
      "name that the broker's certificate must have, where it is not the one in the URL",
    )
    .addOption(
      new Option('--mqtt-version <version>', 'MQTT version').choices(['auto', '5', '3.1.1']).default('auto'),
    )
    .option('-t, --topic <base>', 'topic base', DEFAULT_TOPIC_BASE)
    .option('-H, --host <host>', 'only this host, or only one of its interfaces as HOST/INTERFACE')
    .addOption(new Option('--json', 'print JSON, one object a line').conflicts('plain'))
    .option(
      '--plain',
      'print lines of text, fields separated by tabs; without a terminal that is what is done',
    )
    .addOption(new Option('-1, --once', 'print one broadcast and end').conflicts('count'))
    .option('-n, --count <number>', 'print so many broadcasts and end', wholeNumber)
    .option(
      '--timeout <seconds>',
      'end after so long; without the broadcasts that were asked for that is an error',
      seconds,
    )
    .option('--record <file>', 'write everything that comes to a file, as --json prints it')
    .addOption(new Option('--replay <file>', 'show a recording again').conflicts(['record', 'broker']))
    .option('--speed <factor>', 'with --replay: so many times as fast as it was, or "max"', speed)
    .option('--no-color', 'no colours; NO_COLOR in the environment says the same')
    .option('--ascii', 'draw with ASCII characters alone')
    .addHelpText('after', EXIT_CODES);
}

function check(raw: RawOptions, { env, interactive }: Surroundings): Options {
  const count = raw.once ? 1 : (raw.count ?? null);
  const output = raw.json ? 'json' : raw.plain || count !== null || !interactive ? 'plain' : 'screen';
  if (output === 'screen' && raw.timeout !== undefined) {
    throw usage('--timeout needs --json, --plain, --once or --count');
  }
  if (raw.speed !== undefined && raw.replay === undefined) throw usage('--speed needs --replay');
  const [host = '+', iface = '+', ...more] = raw.host === undefined ? [] : raw.host.split('/');
  if (more.length > 0 || host === '' || iface === '') throw usage('--host takes HOST or HOST/INTERFACE');
  checkTopic(raw.topic);
  if ((raw.cert === undefined) !== (raw.key === undefined)) throw usage('--cert and --key need each other');
  const login = { username: raw.username ?? null, password: password(raw.passwordFile, env) };
  const brokers = (raw.broker ?? [DEFAULT_BROKER]).map((url) => broker(url, login));
  const tls = [raw.ca, raw.cert, raw.key, raw.servername].some((option) => option !== undefined);
  const open = brokers.find(({ url }) => !/^(mqtts|wss):/.test(url));
  if (tls && open !== undefined) {
    throw usage(`--ca, --cert, --key and --servername need mqtts:// or wss://, and ${open.label} is neither`);
  }
  return {
    brokers,
    version: raw.mqttVersion,
    ca: fileOf('--ca', raw.ca),
    cert: fileOf('--cert', raw.cert),
    key: fileOf('--key', raw.key),
    servername: raw.servername ?? null,
    topic: raw.topic,
    host: host === '+' ? host : topicLevel(host),
    iface: iface === '+' ? iface : topicLevel(iface),
    output,
    count,
    timeoutMs: raw.timeout === undefined ? null : raw.timeout * 1000,
    record: raw.record ?? null,
    replay: raw.replay === undefined ? null : { file: raw.replay, speed: raw.speed ?? 1 },
    colour: raw.color && (env['NO_COLOR'] ?? '') === '',
    ascii: raw.ascii ?? false,
  };
}

function broker(text: string, login: { username: string | null; password: string | null }): Broker {
  let url: URL;
  try {
    url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `mqtt://${text}`);
  } catch (cause) {
    throw usage(`--broker ${JSON.stringify(text)} is not a URL such as mqtt://10.0.0.2:1883`, cause);
  }
  if (!PROTOCOLS.includes(url.protocol)) {
    throw usage(`--broker ${JSON.stringify(text)} must begin with mqtt://, mqtts://, ws:// or wss://`);
  }
  if (url.hostname === '') throw usage(`--broker ${JSON.stringify(text)} names no host`);
  const username = url.username === '' ? login.username : decodeURIComponent(url.username);
  const password = url.password === '' ? login.password : decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  const plain = url.href.replace(/\/$/, '');
  return { label: plain, url: plain, username, password };
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

function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('It must be a whole number of 1 or more.');
  }
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0 || value > 1_000_000) {
    throw new InvalidArgumentError('It must be a number of seconds above 0.');
  }
  return value;
}

function speed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const value = Number(text);
  if (!(value > 0) || value > 1_000_000)
    throw new InvalidArgumentError('It must be a number above 0, or "max".');
  return value;
}

function usage(message: string, cause?: unknown): TuiError {
  return new TuiError('usage', `${message}; see ifcast --help`, { cause });
}
