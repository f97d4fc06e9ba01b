import { dirname, join } from 'node:path';
import { readRegularFile } from '@ifcast/broker';
import { parse } from 'toml';
import { codeOf } from '../base/code-of.ts';
import { TuiError } from '../base/tui-error.ts';
import { sanitizeText } from '../connection/sanitize.ts';
import { ConfigFaults } from './config-faults.ts';
import { checkDocument, type Document, type FileSettings, type SettingChecks } from './config-keys.ts';
import { keyPlaces } from './key-places.ts';

/** The largest configuration file that is read, in bytes. */
const MAX_FILE_BYTES = 64 * 1024;

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
 * @throws {@link TuiError} `noInput`, or `config` with every fault that was found, in the order of the file
 */
export function readConfigFile(path: string, mustExist: boolean, checks: SettingChecks): FileSettings | null {
  let bytes: Buffer;
  try {
    bytes = readRegularFile(path, MAX_FILE_BYTES + 1);
  } catch (cause) {
    const code = codeOf(cause);
    if (!mustExist && (code === 'ENOENT' || code === 'ENOTDIR')) return null;
    throw new TuiError('noInput', `cannot read the configuration ${path} (${code})`, { cause });
  }
  if (bytes.length > MAX_FILE_BYTES) {
    const limit = `${MAX_FILE_BYTES / 1024} KiB`;
    throw new TuiError('config', `${path}: the file is larger than ${limit}: is it the right one?`);
  }
  const text = decoded(path, bytes);
  const document = parsed(path, text);
  const faults = new ConfigFaults(path, keyPlaces(text));
  const settings = checkDocument(document, dirname(path), checks, faults);
  faults.throwAny();
  return settings;
}

function decoded(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const line = new TextDecoder('utf-8').decode(bytes).split('\ufffd', 1)[0]!.split('\n').length;
    throw new TuiError('config', `${path}:${line}: this is not UTF-8: save the file as UTF-8`, { cause });
  }
}

function parsed(path: string, text: string): Document {
  try {
    return parse(text) as Document;
  } catch (cause) {
    // What the parser says of itself: `Expected …, …, … but end of input found.`; the list is of no use to people.
    const { location, line, column, message } = cause as {
      location?: { start: { line: number; column: number } };
      line?: number;
      column?: number;
      message: string;
    };
    const start = location?.start ?? { line, column };
    const at = start.line === undefined ? path : `${path}:${start.line}:${start.column}`;
    const what = message
      .replace(/^Expected [\s\S]* but ([\s\S]*) found\.$/, 'this is not TOML: unexpected $1')
      .replace(/\.$/, '');
    throw new TuiError('config', `${at}: ${sanitizeText(what)}`, { cause });
  }
}
