import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { parse } from 'toml';

import { sanitizeText } from '../connection/sanitize.ts';
import { TuiError } from '../tui-error.ts';

/** What a key of the configuration file may be. */
type Kind = 'text' | 'texts' | 'path' | 'flag';

/** Keys of the configuration file; each is an option of the command line with `-` for `_`. */
const KEYS: Readonly<Record<string, Kind>> = {
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
  color: 'flag',
  ascii: 'flag',
};

/** What the configuration file says. */
export interface ConfigFile {
  readonly path: string;
  /** By option of the command line, without its dashes. Paths are absolute. */
  readonly settings: ReadonlyMap<string, ConfigValue>;
  /** The table `[colors]`: style and colour. */
  readonly colors: ReadonlyMap<string, ConfigValue>;
}

export interface ConfigValue {
  readonly value: string | readonly string[] | boolean;
  /** `path:line: key "…"`, for messages. */
  readonly place: string;
}

/** `$XDG_CONFIG_HOME/ifcast/config.toml`, by default `~/.config/ifcast/config.toml`; `null` without a home. */
export function defaultConfigPath(env: Readonly<Record<string, string | undefined>>): string | null {
  const home = env['HOME'] ? join(env['HOME'], '.config') : null;
  const base = env['XDG_CONFIG_HOME'] || home;
  return base === null ? null : join(base, 'ifcast', 'config.toml');
}

/**
 * Reads a configuration file.
 *
 * @param mustExist - the reader has named it; otherwise it may be missing
 * @throws {@link TuiError} `noInput`, or `config` with every fault that was found
 */
export function readConfigFile(path: string, mustExist: boolean): ConfigFile | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
    if (!mustExist && (code === 'ENOENT' || code === 'ENOTDIR')) return null;
    throw new TuiError('noInput', `cannot read the configuration ${path} (${String(code)})`, { cause });
  }
  return checked(path, text, parsed(path, text));
}

function parsed(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text) as Record<string, unknown>;
  } catch (cause) {
    // What the parser says of itself: `Expected …, …, … but end of input found.`; the list is of no use to people.
    const { location, message } = cause as {
      location?: { start: { line: number; column: number } };
      message: string;
    };
    const at = location === undefined ? path : `${path}:${location.start.line}:${location.start.column}`;
    const what = message.replace(
      /^Expected [\s\S]* but ([\s\S]*) found\.$/,
      'this is not TOML: unexpected $1',
    );
    throw new TuiError('config', `${at}: ${sanitizeText(what)}`, { cause });
  }
}

function checked(path: string, text: string, document: Readonly<Record<string, unknown>>): ConfigFile {
  const faults: string[] = [];
  const settings = new Map<string, ConfigValue>();
  const colors = new Map<string, ConfigValue>();
  for (const [key, value] of Object.entries(document)) {
    const place = placeOf(path, text, key);
    if (key === 'colors') {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        faults.push(`${place} must be a table`);
        continue;
      }
      for (const [style, colour] of Object.entries(value)) {
        const at = placeOf(path, text, style);
        if (typeof colour === 'string') colors.set(style, { value: colour, place: at });
        else faults.push(`${at} must be a text such as "bright-blue"`);
      }
      continue;
    }
    const kind = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (kind === undefined) {
      faults.push(`${place} is not known; known are ${[...Object.keys(KEYS), '[colors]'].join(', ')}`);
      continue;
    }
    const good = ofKind(value, kind, dirname(path));
    if (good === null) faults.push(`${place} must be ${KIND_WORDS[kind]}`);
    else settings.set(key.replaceAll('_', '-'), { value: good, place });
  }
  if (faults.length > 0) throw new TuiError('config', faults.join('\n'));
  return { path, settings, colors };
}

const KIND_WORDS: Readonly<Record<Kind, string>> = {
  text: 'a text',
  texts: 'a text or a list of texts',
  path: 'a path',
  flag: 'true or false',
};

function ofKind(value: unknown, kind: Kind, directory: string): ConfigValue['value'] | null {
  switch (kind) {
    case 'text':
      return typeof value === 'string' ? value : null;
    case 'path':
      return typeof value === 'string' ? resolve(directory, value) : null;
    case 'flag':
      return typeof value === 'boolean' ? value : null;
    case 'texts': {
      const list = Array.isArray(value) ? value : [value];
      return list.length > 0 && list.every((item) => typeof item === 'string') ? list : null;
    }
  }
}

/** The parser tells no places of keys; a key stands at the beginning of its line or in a table's head. */
function placeOf(path: string, text: string, key: string): string {
  const name = key.replace(/[^\w-]/g, '.');
  const line = text
    .split('\n')
    .findIndex((candidate) => new RegExp(`^\\s*(\\[\\s*)?["']?${name}\\b`).test(candidate));
  return `${path}:${line + 1}: key ${JSON.stringify(sanitizeText(key))}`;
}
