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
    files: [
      ['/etc/ifcast/ifcast.toml', 'the configuration; "ifcastd init" prints one with every key explained'],
    ],
  },
  {
    file: 'man/ifcast.1',
    section: 1,
    seeAlso: ['ifcastd(8)', 'mosquitto_sub(1)'],
    source: 'packages/tui/src/command-line/cli.ts',
    command: (cli, version) => cli.ifcastCommand(version),
    files: [],
  },
];

/** @returns {Promise<{ file: string, text: string }[]>} */
export async function manPages() {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  return Promise.all(
    PAGES.map(async (page) => ({
      file: page.file,
      text: manPage(page, page.command(await load(page.source), version), version),
    })),
  );
}

/**
 * The exports of a TypeScript module, bundled in memory.
 *
 * @param {string} source
 */
export async function load(source) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [source],
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
 */
function manPage({ section, seeAlso, files }, command, version) {
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
    ...(files.length === 0 ? [] : ['.SH FILES', ...files.flatMap(([file, text]) => entry(file, text))]),
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
