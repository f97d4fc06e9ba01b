import { DEFAULT_TOPIC_BASE } from '@ifcast/protocol';
import { Command, InvalidArgumentError, Option } from 'commander';

import { UNITS } from '../text/format.ts';
import { DEFAULT_BROKER } from './broker-option.ts';
import { THEMES } from './options.ts';

const AFTER_HELP = `
Exit codes:
  0    done, quit, or the reader of the output went away
  1    a fault of this program
  64   wrong arguments
  65   a file to replay is no recording
  66   a file cannot be read
  69   the broker cannot be reached
  73   a file cannot be created, or is there already
  74   the output or the recording cannot be written on, as on a full disk
  75   the daemon is offline
  78   a fault in the configuration file
  124  --timeout passed without the broadcasts that were asked for

The password comes from --password-file, from IFCAST_MQTT_PASSWORD or from the
URL. The configuration file is TOML and has the same names: broker, username,
password_file, ca, cert, key, servername, mqtt_version, topic, host, units,
theme, color, ascii; and remember, [colors] and [[alarm]]. Arguments win over
the environment, and that over the file.
`;

/** The command line of ifcast: its options and what they are for. */
export function ifcastCommand(version: string): Command {
  return new Command('ifcast')
    .configureHelp({ helpWidth: 80 })
    .description('Shows the traffic that ifcastd broadcasts over MQTT.')
    .usage('[options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addOption(
      new Option('-c, --config <file>', 'configuration (default: "~/.config/ifcast/config.toml")').env(
        'IFCAST_CONFIG',
      ),
    )
    .addOption(
      new Option(
        '-b, --broker <url>',
        `broker, mqtt://, mqtts://, ws:// or wss:// (repeatable: the next is tried when one fails) (default: "${DEFAULT_BROKER}")`,
      )
        .argParser(urls)
        .env('IFCAST_BROKER'),
    )
    .addOption(new Option('-u, --username <name>', 'user name at the broker').env('IFCAST_USERNAME'))
    .option('--password-file <file>', 'file whose first line is the password')
    .option('--ca <file>', "CA certificates that the broker's certificate is checked against, PEM")
    .option('--cert <file>', 'client certificate, PEM')
    .option('--key <file>', 'key of the client certificate, PEM')
    .option('--servername <name>', "name that the broker's certificate must have, if not the URL's")
    .addOption(
      new Option('--mqtt-version <version>', 'MQTT version').choices(['auto', '5', '3.1.1']).default('auto'),
    )
    .addOption(new Option('-t, --topic <base>', 'topic base').default(DEFAULT_TOPIC_BASE).env('IFCAST_TOPIC'))
    .addOption(
      new Option('-H, --host <host>', 'only this host, or only one of its interfaces as HOST/INTERFACE').env(
        'IFCAST_HOST',
      ),
    )
    .addOption(
      new Option('--units <units>', 'what data is shown in, -iec in multiples of 1024')
        .choices(UNITS)
        .default('bits')
        .env('IFCAST_UNITS'),
    )
    .addOption(new Option('--json', 'print JSON, one object a line').conflicts('plain'))
    .option('--plain', 'print lines of text, tabs between fields; what is done without a terminal')
    .addOption(new Option('-1, --once', 'print one broadcast and end').conflicts('count'))
    .option('-n, --count <number>', 'print so many broadcasts and end', wholeNumber)
    .option(
      '--timeout <seconds>',
      'end after so long; without the broadcasts that were asked for that is an error',
      seconds,
    )
    .option('--record <file>', 'write everything that comes to a file, as --json prints it')
    .option('--force', 'with --record: overwrite a file that is there already')
    .addOption(
      new Option(
        '--replay <file>',
        'show a recording again, also one of gzip; "-" is standard input',
      ).conflicts('record'),
    )
    .option('--speed <factor>', 'with --replay: so many times as fast as it was, or "max"', speed)
    .addOption(
      new Option('--theme <theme>', "colours for the terminal's background; auto asks for it")
        .choices(THEMES)
        .default('auto'),
    )
    .option('--no-color', 'no colours; NO_COLOR in the environment says the same')
    .option('--ascii', 'draw with ASCII characters alone; so does a locale without UTF-8, as LC_ALL=C')
    .addHelpText('after', AFTER_HELP);
}

function urls(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), ...value.split(/[\s,]+/).filter((url) => url !== '')];
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
  if (!(value > 0) || value > 1_000_000) {
    throw new InvalidArgumentError('It must be a number above 0, or "max".');
  }
  return value;
}
