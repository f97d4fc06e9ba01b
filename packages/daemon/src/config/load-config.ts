import { statSync } from 'node:fs';
import { hostname } from 'node:os';

import { readRegularFile } from '@ifcast/broker';

import { whyUnreadable } from '../base/why-unreadable.ts';
import type { Config, FilterConfig } from './config.ts';
import { ConfigError, type ConfigFault } from './config-error.ts';
import { WRITE_BY_OTHERS } from './file-checks.ts';
import type { KeyPath } from './key-path.ts';
import type { Position } from './key-positions.ts';
import { Findings, Place } from './place.ts';
import { SAMPLE } from './sample.ts';
import { configKeys, type Overrides, readSettings } from './settings.ts';
import { MAX_FILE_BYTES, parseToml, type TomlDocument, TomlSyntaxError } from './toml-document.ts';

/** Where the configuration is, when nobody says otherwise. */
export const DEFAULT_CONFIG_FILE = '/etc/ifcast/ifcast.toml';

/** A configuration, and where it came from. */
export interface LoadedConfig {
  readonly config: Config;
  /** As the user named it. */
  readonly file: string;
  /** The document names no filters: those of {@link sampleConfig} count. */
  readonly filtersBuiltIn: boolean;
  /** What is usable, but hardly meant. */
  readonly warnings: readonly ConfigFault[];
  /** Where the value of a key stands; of one that is not in the file, where the table stands that would hold it. */
  readonly locate: (path: KeyPath) => Position;
}

/** A configuration with what is wrong in it: where that is, `config` has the default, or nothing that means anything. */
export interface InspectedConfig extends LoadedConfig {
  readonly faults: readonly ConfigFault[];
}

/** What is not in the file; the defaults are the process's own. */
export interface LoadOptions {
  readonly overrides?: Overrides;
  readonly env?: { readonly IFCAST_MQTT_PASSWORD?: string | undefined };
  readonly hostname?: string;
}

/**
 * Reads a configuration file and the files that it names.
 *
 * @throws {@link ConfigError} with every fault that was found
 */
export function loadConfig(file: string, options: LoadOptions = {}): LoadedConfig {
  return faultless(inspectConfig(file, options));
}

/**
 * The file that holds the configuration.
 *
 * @param given - what the user named, `null` for nothing
 * @param standard - where the system has it
 * @returns `null` where nothing is named and the system has none: then the built-in configuration is in force
 */
export function configFileOf(given: string | null, standard: string = DEFAULT_CONFIG_FILE): string | null {
  if (given !== null) return given;
  try {
    statSync(standard);
    return standard;
  } catch (error) {
    // One that is there, and cannot be reached, is in force all the same: reading it will tell why not.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : standard;
  }
}

/**
 * Reads the configuration that is in force: {@link configFileOf}, or the built-in one.
 *
 * @throws {@link ConfigError} with every fault that was found
 */
export function loadGiven(given: string | null, options: LoadOptions = {}): LoadedConfig {
  const file = configFileOf(given);
  return file === null ? sampleConfig(options) : loadConfig(file, options);
}

/** The configuration of `ifcastd init`, for a daemon that has no file. */
export function sampleConfig(options: LoadOptions = {}): LoadedConfig {
  return parseConfig(Buffer.from(SAMPLE), 'the built-in configuration', options);
}

/**
 * The configuration that a document asks for.
 *
 * @param file - for messages, and for the directory that paths are relative to
 * @throws {@link ConfigError} with every fault that was found
 */
export function parseConfig(bytes: Uint8Array, file: string, options: LoadOptions = {}): LoadedConfig {
  return faultless(inspectDocument(bytes, file, options));
}

/**
 * Reads a configuration file for somebody who has more to check in it.
 *
 * @throws {@link ConfigError} only where the file cannot be read or is not TOML
 */
export function inspectConfig(file: string, options: LoadOptions = {}): InspectedConfig {
  const { bytes, mode } = readBounded(file);
  const inspected = inspectDocument(bytes, file, options);
  if ((mode & WRITE_BY_OTHERS) === 0) return inspected;
  const message = 'other users of this machine can write this file: chmod go-w it';
  if (process.geteuid?.() === 0 && inspected.config.triggers.some(({ command }) => command !== null)) {
    const refusal = `it has commands that root would run, and ${message}`;
    const fault = { file, key: 'trigger', position: inspected.locate(['trigger']), message: refusal };
    return { ...inspected, faults: [fault, ...inspected.faults] };
  }
  return { ...inspected, warnings: [{ file, key: '', position: null, message }, ...inspected.warnings] };
}

function inspectDocument(bytes: Uint8Array, file: string, options: LoadOptions): InspectedConfig {
  const { table, positions } = parseDocument(bytes, file);
  const findings = new Findings(file, positions, configKeys());
  const surroundings = {
    hostname: options.hostname ?? (hostname() || 'localhost'),
    password: (options.env ?? process.env)['IFCAST_MQTT_PASSWORD'] || undefined,
  };
  const filters = (): readonly FilterConfig[] => sampleConfig(options).config.filters;
  const config = readSettings(table, new Place(findings), options.overrides ?? {}, surroundings, filters);
  return {
    config: deepFreeze(config),
    file,
    filtersBuiltIn: table['filter'] === undefined,
    faults: findings.faults,
    warnings: findings.warnings,
    locate: (path) => findings.position(path, 'value'),
  };
}

function faultless(inspected: InspectedConfig): LoadedConfig {
  if (inspected.faults.length > 0) throw new ConfigError(inspected.faults);
  return inspected;
}

function parseDocument(bytes: Uint8Array, file: string): TomlDocument {
  try {
    return parseToml(bytes);
  } catch (cause) {
    if (!(cause instanceof TomlSyntaxError)) throw cause;
    const { key, position, message } = cause;
    throw new ConfigError([{ file, key, position, message }], { cause });
  }
}

/** Reads one byte more than is allowed at most: what `file` names may be much larger. */
function readBounded(file: string): { readonly bytes: Uint8Array; readonly mode: number } {
  try {
    return { bytes: readRegularFile(file, MAX_FILE_BYTES + 1), mode: statSync(file).mode };
  } catch (cause) {
    const message = `the configuration cannot be read: ${whyUnreadable(cause)}; "ifcastd init" prints one to begin with`;
    throw new ConfigError([{ file, key: '', position: null, message }], { cause });
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
