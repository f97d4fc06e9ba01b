// Writes man/ifcastd.8 and man/ifcast.1 from the same commands that answer --help. `--check` only says whether they are
// up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const PAGES = [
  {
    file: 'man/ifcastd.8',
    section: 8,
    seeAlso: ['ifcast(1)', 'mosquitto_sub(1)', 'pcap-filter(7)', 'systemd.service(5)'],
    source: 'packages/daemon/src/cli.ts',
    command: (cli, version) =>
      cli.ifcastdCommand(
        version,
        () => {},
        () => {},
      ),
    sections: async () => [
      {
        title: 'FILES',
        entries: [
          [
            '/etc/ifcast/ifcast.toml',
            'the configuration; "ifcastd init" prints one with every key explained',
          ],
        ],
      },
    ],
  },
  {
    file: 'man/ifcast.1',
    section: 1,
    seeAlso: ['ifcastd(8)', 'mosquitto_sub(1)'],
    source: 'packages/tui/src/command-line/cli.ts',
    command: (cli, version) => cli.ifcastCommand(version),
    sections: dashboardSections,
  },
];

/** Where the dashboard's keys and states are, each table under its title. */
const DASHBOARD = `
  import { COMMON_KEYS } from './packages/tui/src/input/common-keys.ts';
  import { INTERFACE_KEYS } from './packages/tui/src/input/interface-keys.ts';
  import { FIND_KEYS, LIST_KEYS } from './packages/tui/src/input/list-keys.ts';
  import { EVENTS_KEYS } from './packages/tui/src/input/over-keys.ts';
  import { REPLAY_KEYS } from './packages/tui/src/input/replay-keys.ts';
  export { labelOf } from './packages/tui/src/input/binding.ts';
  export { STATE_MEANINGS, STATE_WORDS } from './packages/tui/src/store/liveness.ts';
  export { ASCII_GLYPHS, UNICODE_GLYPHS } from './packages/tui/src/text/glyphs.ts';
  export const TABLES = [COMMON_KEYS, LIST_KEYS, FIND_KEYS, INTERFACE_KEYS, EVENTS_KEYS, REPLAY_KEYS];
`;

const DASHBOARD_FILES = [
  ['$XDG_CONFIG_HOME/ifcast/config.toml', 'the configuration; by default below ~/.config'],
  [
    '$XDG_STATE_HOME/ifcast/screen.json',
    'the mode, units, sort and zoom that the screen was left with; by default below ~/.local/state',
  ],
  ['$XDG_STATE_HOME/ifcast/hosts', 'names of hosts and interfaces that were seen, for completions'],
];

const DASHBOARD_EXAMPLES = [
  ['ifcast -b mqtts://10.0.0.2 -H gw-01', 'one host, at a broker with TLS'],
  ['ifcast --record incident.jsonl', 'look, and write everything that comes to a file'],
  ['ssh gw-01 cat incident.jsonl.gz | ifcast --replay -', 'look at it again, elsewhere'],
  [
    "ifcast --json --once -H gw-01/eth0 | jq '.stats.filters[] | {id, bits_per_s}'",
    'the rates, for a script',
  ],
  ['ifcast --plain --count 10 --timeout 30', 'ten broadcasts within half a minute, or exit code 124'],
];

/** Keys, states, files and examples: what the dashboard's --help has no room for. */
async function dashboardSections() {
  const { ASCII_GLYPHS, labelOf, STATE_MEANINGS, STATE_WORDS, TABLES, UNICODE_GLYPHS } = await load({
    contents: DASHBOARD,
    resolveDir: root,
    loader: 'ts',
  });
  const keyNames = { ...ASCII_GLYPHS, sideways: 'Left, Right', upDown: 'Up, Down' };
  return [
    {
      title: 'KEYS',
      parts: TABLES.map(({ title, bindings }) => ({
        title,
        entries: bindings.map((binding) => [labelOf(binding, keyNames), binding.help]),
      })),
    },
    {
      title: 'STATES',
      entries: Object.entries(STATE_WORDS).map(([state, word]) => [
        `${UNICODE_GLYPHS.states[state]} ${word}`,
        `${STATE_MEANINGS[state]} (in ASCII ${ASCII_GLYPHS.states[state]})`,
      ]),
    },
    { title: 'FILES', entries: DASHBOARD_FILES },
    { title: 'EXAMPLES', entries: DASHBOARD_EXAMPLES },
  ];
}

/** @returns {Promise<{ file: string, text: string }[]>} */
export async function manPages() {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  return Promise.all(
    PAGES.map(async (page) => ({
      file: page.file,
      text: manPage(page, page.command(await load(page.source), version), version, await page.sections()),
    })),
  );
}

/**
 * The exports of a TypeScript module, bundled in memory.
 *
 * @param {string | import('esbuild').StdinOptions} source - its path, or its text
 */
export async function load(source) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    ...(typeof source === 'string' ? { entryPoints: [source] } : { stdin: source }),
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    external: ['koffi'],
    loader: { '.toml': 'text' },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(process.cwd() + '/');",
    },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/**
 * @param {typeof PAGES[number]} page
 * @param {any} command - of commander
 * @param {string} version
 * @param {readonly { title: string, entries?: string[][], parts?: { title: string, entries: string[][] }[] }[]} sections
 */
function manPage({ section, seeAlso }, command, version, sections) {
  const name = command.name();
  const summary = command.description().replace(/\.$/, '');
  const synopsis = command
    .usage()
    .split('\n')
    .map((line) => line.trim().replace(new RegExp(`^${name} `), ''));
  const commands = command.commands.filter((sub) => sub.name() !== 'help');
  return `${[
    `.TH ${name.toUpperCase()} ${section} "" "ifcast ${troff(version)}"`,
    '.SH NAME',
    `${name} \\- ${troff(summary[0].toLowerCase() + summary.slice(1))}`,
    '.SH SYNOPSIS',
    ...synopsis.flatMap((line, index) => [...(index === 0 ? [] : ['.br']), `.B ${name}`, troff(line)]),
    '.SH DESCRIPTION',
    troff(command.description()),
    '.SH OPTIONS',
    ...options(command),
    ...(commands.length === 0 ? [] : ['.SH COMMANDS', ...commands.flatMap(subcommand)]),
    ...trailer(command),
    ...sections.flatMap(({ title, entries = [], parts = [] }) => [
      `.SH ${title}`,
      ...entries.flatMap(([term, text]) => entry(term, text)),
      ...parts.flatMap((part) => [
        `.SS ${troff(part.title)}`,
        ...part.entries.flatMap(([term, text]) => entry(term, text)),
      ]),
    ]),
    '.SH SEE ALSO',
    seeAlso.map((other) => troff(other).replace(/^(.*)\((.)\)$/, '.BR $1 ($2)')).join(' ,\n'),
  ].join('\n')}\n`;
}

/** @param {any} command - of commander */
function options(command) {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .flatMap((option) => entry(help.optionTerm(option), help.optionDescription(option)));
}

/** @param {any} command - of commander */
function subcommand(command) {
  const help = command.createHelp();
  const own = help
    .visibleOptions(command)
    .filter(({ long }) => !['--help', '--version', '--debug'].includes(long));
  return [
    `.SS ${troff(`${command.name()} ${command.usage()}`)}`,
    troff(sentence(command.description())),
    ...own.flatMap((option) => entry(help.optionTerm(option), help.optionDescription(option))),
  ];
}

/**
 * What follows the options in --help: "Title:" begins a section, "  term   text" is a list, the rest is paragraphs.
 *
 * @param {any} command - of commander
 */
function trailer(command) {
  let whole = '';
  command.configureOutput({ writeOut: (text) => (whole += text), getOutHelpWidth: () => 80 });
  command.outputHelp();
  const standard = command
    .createHelp()
    .formatHelp(command, Object.assign(command.createHelp(), { helpWidth: 80 }));
  const rest = whole.slice(standard.length).trim().split('\n');
  let blank = false;
  return rest.flatMap((line) => {
    const item = /^ {2}(\S.*?) {2,}(\S.*)$/.exec(line);
    const title = /^([A-Z][^:]*):$/.exec(line);
    const paragraph = blank ? ['.PP'] : [];
    blank = line === '';
    if (blank) return [];
    if (item !== null) return entry(item[1], item[2]);
    if (title !== null) return [`.SH ${troff(title[1].toUpperCase())}`];
    return [...paragraph, troff(line.trim())];
  });
}

/**
 * @param {string} term
 * @param {string} text
 */
function entry(term, text) {
  return ['.TP', `.B ${troff(term)}`, troff(text)];
}

/** @param {string} text */
function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/**
 * Text as troff takes it: hyphens that can be copied, no control lines.
 *
 * @param {string} text
 */
function troff(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const { file, text } of await manPages()) {
    if (!process.argv.includes('--check')) writeFileSync(`${root}${file}`, text);
    else if (readFileSync(`${root}${file}`, 'utf8') !== text) {
      process.stderr.write(`${file} is not what "npm run man" writes: run it\n`);
      process.exitCode = 1;
    }
  }
}
