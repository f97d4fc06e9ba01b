import { DaemonError } from '../base/daemon-error.ts';
import { tellable } from '../base/log.ts';
import type { Position } from './key-positions.ts';

const SHOWN_KEY_CHARACTERS = 80;

/** One thing that is wrong in a configuration. */
export interface ConfigFault {
  /** As the user named it. */
  readonly file: string;
  /** For example `filter[2].port`; `""` where the fault is the file's own. */
  readonly key: string;
  /** `null` only where the fault is in no line: the file is missing, the environment is wrong. */
  readonly position: Position | null;
  /** What is wrong and what would be right. */
  readonly message: string;
}

/** A configuration that cannot be used, with everything that is wrong in it. */
export class ConfigError extends DaemonError {
  /** In the order of the file. */
  readonly faults: readonly ConfigFault[];

  /** @param faults - at least one */
  constructor(faults: readonly ConfigFault[], options?: ErrorOptions) {
    const sorted = faults.toSorted(byPosition);
    const [first, ...others] = sorted;
    if (first === undefined) throw new RangeError('a ConfigError needs a fault');
    const more = others.length === 1 ? ' (and 1 more fault)' : ` (and ${others.length} more faults)`;
    super('config', `${formatFault(first)}${others.length === 0 ? '' : more}`, options);
    this.faults = sorted;
  }
}

/** A fault as one line: `/etc/ifcast/ifcast.toml:12:8: filter[2].port: 70000 is not …`. */
export function formatFault({ file, key, position, message }: ConfigFault): string {
  const place = position === null ? file : `${file}:${position.line}:${position.column}`;
  return tellable([place, ...(key === '' ? [] : [shortened(key)]), message].join(': '));
}

function shortened(key: string): string {
  return key.length <= SHOWN_KEY_CHARACTERS ? key : `${key.slice(0, SHOWN_KEY_CHARACTERS)}…`;
}

function byPosition({ position: a }: ConfigFault, { position: b }: ConfigFault): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  return a.line - b.line || a.column - b.column;
}
