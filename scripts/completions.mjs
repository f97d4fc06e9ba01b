// Writes completions/ for bash, zsh and fish from the same commands that answer --help. `--check` only says whether they
// are up to date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { load } from './man.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const PROGRAMS = [
  { source: 'packages/tui/src/command-line/cli.ts', command: (cli) => cli.ifcastCommand('') },
  {
    source: 'packages/daemon/src/cli.ts',
    command: (cli) =>
      cli.ifcastdCommand(
        '',
        () => {},
        () => {},
      ),
  },
];

/** @returns {Promise<{ file: string, text: string }[]>} */
export async function completions() {
  const files = await Promise.all(
    PROGRAMS.map(async ({ source, command }) => {
      const program = describe(command(await load(source)));
      return [
        { file: `completions/${program.name}.bash`, text: bash(program) },
        { file: `completions/_${program.name}`, text: zsh(program) },
        { file: `completions/${program.name}.fish`, text: fish(program) },
      ];
    }),
  );
  return files.flat();
}

/** @param {any} command - of commander */
function describe(command) {
  const help = command.createHelp();
  return {
    name: command.name(),
    summary: command.description().replace(/\.$/, ''),
    options: help.visibleOptions(command).map((option) => ({
      names: [option.short, option.long].filter(Boolean),
      summary: option.description.replace(/ \((?:default|env|choices):.*\)$/, ''),
      takes: takes(option),
      again: /repeatable/.test(option.description) || option.long === '--broker',
    })),
    commands: command.commands.filter((sub) => sub.name() !== 'help').map(describe),
  };
}

/** What an option takes: nothing, one of some words, a host that was seen, a file, or anything. */
function takes(option) {
  if (!option.required && !option.optional) return { kind: 'nothing' };
  if (option.argChoices) return { kind: 'words', words: option.argChoices };
  if (option.flags.includes('<host>')) return { kind: 'host' };
  return { kind: /<(file|path)>|FILE/i.test(option.flags) ? 'file' : 'text' };
}

/**
 * Where the dashboard keeps the names of hosts that it saw, a line each; a shell expands what it completes, so only names
 * without any meaning to one are taken from there.
 */
const HOSTS_FILE = 'ifcast/hosts';
const HARMLESS = '[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)?';

/** Whether an option of a program takes a host. */
function takesHost({ options, commands }) {
  return [...options, ...commands.flatMap((sub) => sub.options)].some(
    ({ takes: { kind } }) => kind === 'host',
  );
}

/** One `case` for the word before, by what it takes; options and commands otherwise. */
function bash({ name, options, commands }) {
  const all = [...options, ...commands.flatMap((sub) => sub.options)];
  const words = [...options.flatMap(({ names }) => names), ...commands.map((sub) => sub.name)];
  const before = (kind) => [
    ...new Set(all.filter((option) => option.takes.kind === kind).flatMap(({ names }) => names)),
  ];
  const choices = all
    .filter((option) => option.takes.kind === 'words')
    .map(
      ({ names, takes: { words: of } }) =>
        `    ${names.join('|')}) COMPREPLY=($(compgen -W '${of.join(' ')}' -- "$current")); return ;;`,
    );
  const subs = commands.map(
    (sub) => `      ${sub.name}) words='${sub.options.flatMap(({ names }) => names).join(' ')}' ;;`,
  );
  const hosts = before('host');
  const seen = `\${XDG_STATE_HOME:-$HOME/.local/state}/${HOSTS_FILE}`;
  const hostCase =
    hosts.length === 0
      ? ''
      : `    ${hosts.join('|')}) COMPREPLY=($(compgen -W "$(LC_ALL=C grep -xE '${HARMLESS}' "${seen}" 2>/dev/null)" -- "$current")); return ;;
`;
  return `# bash completion for ${name}; made by scripts/completions.mjs
_${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local words='${words.join(' ')}' word
  COMPREPLY=()
  # Readline parts --option=value at the sign.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $previous in
${[...new Set(choices)].join('\n')}
${hostCase}    ${before('file').join('|')}) COMPREPLY=($(compgen -f -- "$current")); compopt -o filenames 2>/dev/null; return ;;
    ${before('text').join('|')}) return ;;
  esac
${
  subs.length === 0
    ? ''
    : `  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
${subs.join('\n')}
    esac
  done
`
}  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _${name} ${name}
`;
}

function zsh(program) {
  const { name, options, commands } = program;
  const head = `#compdef ${name}
# made by scripts/completions.mjs
${
  takesHost(program)
    ? `_${name}_hosts() {
  local -a hosts=(\${(f)"$(LC_ALL=C grep -xE '${HARMLESS}' "\${XDG_STATE_HOME:-$HOME/.local/state}/${HOSTS_FILE}" 2>/dev/null)"})
  compadd -a hosts
}
`
    : ''
}`;
  const spec = ({ names, summary, takes: { kind, words }, again }) => {
    const quoted = (text) =>
      text.replaceAll("'", "'\\''").replaceAll('[', '\\[').replaceAll(']', '\\]').replaceAll(':', '\\:');
    const exclusive = again ? "'*'" : `'(${names.join(' ')})'`;
    // `--option=value` beside `--option value`, `-ovalue` beside `-o value`.
    const specs = names.map((flag) =>
      kind === 'nothing' ? flag : `${flag}${flag.startsWith('--') ? '=' : '+'}`,
    );
    const which = specs.length === 1 ? specs[0] : `{${specs.join(',')}}`;
    const value = {
      nothing: '',
      words: `: :(${words?.join(' ')})`,
      host: `: :_${name}_hosts`,
      file: ': :_files',
      text: ': : ',
    }[kind];
    return `    ${names.length === 1 && !again ? '' : exclusive}${which}'[${quoted(summary)}]${value}'`;
  };
  const own = (list) => list.map(spec).join(' \\\n');
  if (commands.length === 0) {
    return `${head}_arguments -s -S \\
${own(options)}
`;
  }
  const names = commands.map(
    (sub) => `    '${sub.name}:${sub.summary.replaceAll("'", "'\\''").replaceAll(':', '\\:')}'`,
  );
  const cases = commands.map(
    (sub) =>
      `    ${sub.name})\n      _arguments -s -S \\\n${own(sub.options)} \\\n        '*: :_files'\n      ;;`,
  );
  return `${head}local context state state_descr line
typeset -A opt_args
_arguments -s -S -C \\
${own(options)} \\
    '1: :->command' \\
    '*:: :->rest'
case $state in
  command)
    local -a commands=(
${names.join('\n')}
    )
    _describe command commands
    ;;
  rest)
    case $line[1] in
${cases.join('\n')}
    esac
    ;;
esac
`;
}

function fish(program) {
  const { name, options, commands } = program;
  const hosts = `function __${name}_hosts
    set -l state $XDG_STATE_HOME
    test -n "$state"; or set state ~/.local/state
    test -r $state/${HOSTS_FILE}; and string match -r '^${HARMLESS.replace('(', '(?:')}$' <$state/${HOSTS_FILE}
end`;
  const quoted = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const line = (condition, { names, summary, takes: { kind, words } }) => {
    const flags = names.map((flag) =>
      flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
    );
    const value = {
      nothing: '',
      words: ` -x -a ${quoted(words?.join(' ') ?? '')}`,
      host: ` -x -a '(__${name}_hosts)'`,
      file: ' -r -F',
      text: ' -x',
    }[kind];
    return `complete -c ${name}${condition} ${flags.join(' ')}${value} -d ${quoted(summary)}`;
  };
  return `${[
    `# fish completion for ${name}; made by scripts/completions.mjs`,
    ...(takesHost(program) ? [hosts] : []),
    `complete -c ${name} -f`,
    ...options.map((option) => line('', option)),
    ...commands.map(
      (sub) => `complete -c ${name} -n __fish_use_subcommand -a ${sub.name} -d ${quoted(sub.summary)}`,
    ),
    ...commands.flatMap((sub) =>
      sub.options.map((option) => line(` -n '__fish_seen_subcommand_from ${sub.name}'`, option)),
    ),
  ].join('\n')}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  mkdirSync(`${root}completions`, { recursive: true });
  for (const { file, text } of await completions()) {
    if (!process.argv.includes('--check')) writeFileSync(`${root}${file}`, text);
    else if (readFileSync(`${root}${file}`, 'utf8') !== text) {
      process.stderr.write(`${file} is not what "node scripts/completions.mjs" writes: run it\n`);
      process.exitCode = 1;
    }
  }
}
