import { HOOK_NAMES, type HookName, PACKET_KINDS, type PacketKind } from '@ifcast/protocol';
import { Command, CommanderError, Option } from 'commander';
import { DaemonError } from './base/daemon-error.ts';
import { printable } from './base/log.ts';
import { interfaces } from './config/checks.ts';
import { BACKEND_SETTINGS, type BackendSetting } from './config/config.ts';
import { didYouMean } from './config/did-you-mean.ts';
import { filterId, tcpdumpExpression } from './config/filter-checks.ts';
import { DEFAULT_CONFIG_FILE } from './config/load-config.ts';
import { brokerUrls, hostName, topicBase } from './config/mqtt-checks.ts';
import { Findings, Place } from './config/place.ts';
import type { Overrides } from './config/settings.ts';
import type { Check } from './config/table.ts';

/** What the arguments ask for. */
export type Invocation = { readonly debug: boolean; readonly configFile: string | null } & (
  | { readonly command: 'run'; readonly overrides: Overrides; readonly replay: string | null }
  | { readonly command: 'check' | 'init' }
  | { readonly command: 'import'; readonly file: string }
  | { readonly command: 'doctor'; readonly overrides: Overrides }
  | { readonly command: 'cleanup'; readonly overrides: Overrides; readonly force: boolean }
  | {
      readonly command: 'count';
      /** `-` for standard input, at most once. */
      readonly files: readonly string[];
      /** In place of the configuration's filters, where there are any. */
      readonly filters: readonly { readonly id: string; readonly expression: string }[];
      readonly json: boolean;
    }
);

const AFTER_HELP = `
Signals:
  SIGTERM, SIGINT  say goodbye and end within 3 s; a second SIGINT ends at once
  SIGHUP           read the configuration again; a faulty one changes nothing

Environment:
  IFCAST_MQTT_PASSWORD  the password of the broker, in place of mqtt.password_file

Exit codes:
  0   done, or stopped by SIGTERM or SIGINT
  1   a fault of this program
  64  wrong arguments
  69  something that is needed is not available
  74  standard output could not be written
  77  a privilege is missing
  78  the configuration is faulty
`;

interface RunFlags {
  readonly config?: string;
  readonly interface?: string[];
  readonly backend?: BackendSetting;
  readonly hook?: HookName;
  readonly packet?: PacketKind;
  readonly broker?: string[];
  readonly host?: string;
  readonly topic?: string;
  readonly replay?: string;
  readonly debug?: true;
}

interface CleanupFlags extends Pick<RunFlags, 'config' | 'broker' | 'host' | 'topic' | 'debug'> {
  readonly force?: true;
}

interface CountFlags {
  readonly config?: string;
  readonly read: string[];
  readonly match?: string[];
  readonly json?: true;
  readonly debug?: true;
}

/**
 * What the arguments ask for.
 *
 * @param argv - arguments, without the program
 * @param print - takes what `--help` and `--version` say
 * @returns `null` when one of these has been printed
 * @throws DaemonError `usage`, in one line
 */
export function parseArguments(
  argv: readonly string[],
  version: string,
  print: (text: string) => void,
): Invocation | null {
  let invocation: Invocation | null = null;
  const command = ifcastdCommand(version, print, (asked) => {
    invocation = asked;
  });
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw usage(error.message.replace(/^error: /, '').replaceAll('\n', ' '), error);
  }
  return invocation;
}

/** The command line: its commands, their options and what they are for. */
export function ifcastdCommand(
  version: string,
  print: (text: string) => void,
  onInvocation: (invocation: Invocation) => void,
): Command {
  const program = new Command('ifcastd')
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => {} })
    .enablePositionalOptions()
    .allowExcessArguments()
    .description('Counts the traffic of network interfaces and broadcasts the counts over MQTT.')
    .usage('[options]\n       ifcastd check|init|import|count|doctor|cleanup [options]')
    .addOption(
      configOption(`configuration (default: ${DEFAULT_CONFIG_FILE} where it is, else the built-in one)`),
    )
    .option('-i, --interface <name>', 'interface to count, or "auto" (repeatable)', collect)
    .addOption(new Option('--backend <name>', 'how to count').choices(BACKEND_SETTINGS))
    .addOption(new Option('--hook <name>', 'where the ebpf backend counts').choices(HOOK_NAMES))
    .addOption(new Option('--packet <what>', 'what a packet is').choices(PACKET_KINDS))
    .addOption(new Option('--count <what>').hideHelp().argParser(renamed('--count', '--packet')))
    .addOption(
      new Option('--replay <file>', 'play a capture file instead of counting an interface').hideHelp(),
    )
    .addHelpText('after', AFTER_HELP)
    .action((flags: RunFlags, { args }: Command) => {
      if (args[0] !== undefined) throw unknownCommand(args[0], program);
      const overrides = overridesOf(flags);
      onInvocation({ command: 'run', ...common(flags), overrides, replay: flags.replay ?? null });
    });
  brokerOptions(program);
  everywhere(program, version);
  for (const add of [addCheck, addInit, addImport, addCount, addDoctor, addCleanup]) {
    everywhere(add(program, onInvocation).allowExcessArguments(false), version);
  }
  return program;
}

type AddCommand = (program: Command, onInvocation: (invocation: Invocation) => void) => Command;

const addCheck: AddCommand = (program, onInvocation) =>
  program
    .command('check')
    .description('say whether the configuration is right, and show each filter with its tcpdump expression')
    .addOption(configOption())
    .action((_flags, command: Command) =>
      onInvocation({ command: 'check', ...common(command.optsWithGlobals()) }),
    );

const addInit: AddCommand = (program, onInvocation) =>
  program
    .command('init')
    .description('print a configuration to begin with: every key, with its default and what it is for')
    .action((_flags, command: Command) =>
      onInvocation({ command: 'init', ...common(command.optsWithGlobals()) }),
    );

const addImport: AddCommand = (program, onInvocation) =>
  program
    .command('import')
    .description('print a configuration made from a filter file of bpfcountd')
    .argument('<file>', 'lines "id;expression"')
    .action((file: string, _flags, command: Command) =>
      onInvocation({ command: 'import', file, ...common(command.optsWithGlobals()) }),
    );

const addCount: AddCommand = (program, onInvocation) =>
  program
    .command('count')
    .description('count capture files')
    .requiredOption(
      '-r, --read <file>',
      'pcap or pcapng file, also compressed, or "-" for standard input (repeatable: counted together)',
      collect,
    )
    .addOption(configOption())
    .option(
      '-m, --match <id=expression>',
      "filter to count instead of the configuration's (repeatable)",
      collect,
    )
    .option('--json', 'print one JSON object as on the stats topic')
    .action((_flags, command: Command) => {
      const flags = command.optsWithGlobals<CountFlags>();
      const filters = matchFilters(flags.match ?? []);
      const json = flags.json ?? false;
      onInvocation({ command: 'count', ...common(flags), files: captureFiles(flags.read), filters, json });
    });

const addDoctor: AddCommand = (program, onInvocation) =>
  brokerOptions(program.command('doctor').addOption(configOption()))
    .description('say what this machine allows, and what to do about what it does not')
    .option('-i, --interface <name>', 'interface to count, or "auto" (repeatable)', collect)
    .action((_flags, command: Command) => {
      const flags = command.optsWithGlobals<RunFlags>();
      onInvocation({ command: 'doctor', ...common(flags), overrides: overridesOf(flags) });
    });

const addCleanup: AddCommand = (program, onInvocation) =>
  brokerOptions(program.command('cleanup').addOption(configOption()))
    .description("remove the daemon's retained topics from the broker, its Home Assistant devices too")
    .option('--force', 'also while the daemon is said to be online: it is gone for good')
    .action((_flags, command: Command) => {
      const flags = command.optsWithGlobals<CleanupFlags>();
      const overrides = overridesOf(flags);
      onInvocation({ command: 'cleanup', ...common(flags), overrides, force: flags.force ?? false });
    });

function configOption(description = 'configuration'): Option {
  return new Option('-c, --config <file>', description);
}

function brokerOptions(command: Command): Command {
  return command
    .option(
      '-b, --broker <url>',
      'broker, or "embedded" for one of our own (repeatable: the next is tried when one fails)',
      collect,
    )
    .option('-H, --host <name>', 'name of this machine in topics')
    .option('-t, --topic <base>', 'first levels of every topic');
}

function everywhere(command: Command, version: string): Command {
  return command
    .option('--debug', 'say everything, also where a fault of this program comes from')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help');
}

function common({ debug, config }: { readonly debug?: true; readonly config?: string }): {
  readonly debug: boolean;
  readonly configFile: string | null;
} {
  return { debug: debug ?? false, configFile: config ?? null };
}

function overridesOf(flags: RunFlags): Overrides {
  return {
    ...(flags.interface !== undefined && { interfaces: checked('--interface', interfaces, flags.interface) }),
    ...(flags.backend !== undefined && { backend: flags.backend }),
    ...(flags.hook !== undefined && { hook: flags.hook }),
    ...(flags.packet !== undefined && { packet: flags.packet }),
    ...(flags.broker !== undefined && { urls: checked('--broker', brokerUrls, single(flags.broker)) }),
    ...(flags.host !== undefined && { host: checked('--host', hostName, flags.host) }),
    ...(flags.topic !== undefined && { topic: checked('--topic', topicBase, flags.topic) }),
    ...(flags.replay !== undefined && { interfaces: 'auto' as const }),
    ...(flags.debug !== undefined && { logLevel: 'debug' as const }),
  };
}

/** The check of a key of the configuration, on what an option gives. */
function checked<T>(option: string, check: Check<T>, value: string | string[]): T {
  const findings = new Findings('', () => undefined, []);
  const result = check(value, new Place(findings));
  if (result !== undefined) return result;
  throw usage(`${option}: ${findings.faults.map(({ message }) => message).join('; ')}`);
}

function captureFiles(paths: readonly string[]): readonly string[] {
  for (const path of paths) {
    if (path === '') throw usage('--read is empty: give it a file, or "-" for standard input');
    if (paths.indexOf(path) !== paths.lastIndexOf(path)) {
      throw usage(`--read ${JSON.stringify(path)} is given twice: its packets would count twice`);
    }
  }
  return paths;
}

function matchFilters(texts: readonly string[]): ReturnType<typeof matchFilter>[] {
  const filters = texts.map(matchFilter);
  const ids = filters.map(({ id }) => id);
  const double = ids.find((id, index) => ids.indexOf(id) !== index);
  if (double !== undefined) throw usage(`--match gives the id "${double}" twice: each filter needs its own`);
  return filters;
}

/** `ID=EXPRESSION`; without an expression it counts every packet. */
function matchFilter(text: string): { readonly id: string; readonly expression: string } {
  const [, id = text, expression = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (!text.includes('='))
    throw usage(`--match ${JSON.stringify(text)} has no "=": give it as ID=EXPRESSION`);
  return {
    id: checked('--match', filterId, id),
    expression: expression.trim() === '' ? '' : checked('--match', tcpdumpExpression, expression),
  };
}

/** An option of an earlier version. */
function renamed(option: string, to: string): () => never {
  return () => {
    throw usage(`${option} is called ${to} now`);
  };
}

function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

function single(values: string[]): string | string[] {
  return values.length === 1 && values[0] !== undefined ? values[0] : values;
}

function unknownCommand(name: string, program: Command): DaemonError {
  const meant = didYouMean(
    name,
    program.commands.map((command) => command.name()),
  );
  const hint = meant === null ? '' : ` (did you mean ${meant}?)`;
  return usage(`there is no command ${JSON.stringify(name)}${hint}`);
}

function usage(message: string, cause?: unknown): DaemonError {
  return new DaemonError('usage', `${printable(message)}; see ifcastd --help`, { cause });
}
