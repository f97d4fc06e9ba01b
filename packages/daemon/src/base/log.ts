import { maskSecrets } from '@ifcast/broker';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

const ORDER: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };
/** Priorities of syslog(3), which journald reads from the front of a line (sd-daemon(3)). */
const PRIORITY: Readonly<Record<LogLevel, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

/** Writes one line a message to standard error. */
export interface Log {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  /** @param message - or what makes it, of any number of lines: called only where it is written */
  debug(message: string | (() => string)): void;
}

/** A log whose level can be changed while it is in use. */
export interface LevelledLog extends Log {
  setLevel(level: LogLevel): void;
}

/**
 * A log that writes messages of `level` and more severe ones.
 *
 * @param write - takes one line with its newline; `false` where it is lost, which is told with the next one that is not
 * @param journal - standard error is journald's: mark the priority, which replaces the level's name
 * @param now - the time that each line begins with; `null` where somebody else adds it
 */
export function createLog(
  level: LogLevel,
  write: (line: string) => unknown,
  journal: boolean,
  now: (() => Date) | null = null,
): LevelledLog {
  let current = level;
  let lost = 0;
  const put = (messageLevel: LogLevel, message: string): boolean => {
    const time = now === null ? '' : `${now().toISOString()} `;
    const mark = journal ? `<${PRIORITY[messageLevel]}>` : `${time}ifcastd: ${messageLevel}: `;
    return write(`${mark}${tellable(message)}\n`) !== false;
  };
  const at = (messageLevel: LogLevel) => (message: string) => {
    if (ORDER[messageLevel] > ORDER[current]) return;
    if (
      lost > 0 &&
      put('warn', `${lost} ${lost === 1 ? 'line' : 'lines'} lost: the log could not be written`)
    )
      lost = 0;
    if (lost > 0 || !put(messageLevel, message)) lost++;
  };
  const setLevel = (next: LogLevel): void => {
    current = next;
  };
  const debug: Log['debug'] = (message) => {
    if (typeof message === 'string') at('debug')(message);
    else if (ORDER[current] >= ORDER.debug) message().split('\n').forEach(at('debug'));
  };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug, setLevel };
}

/** A text that may leave the program: without secrets, and harmless to a terminal and to whoever reads lines. */
export function tellable(text: string): string {
  return printable(maskSecrets(text));
}

/**
 * The text with everything that could steer a terminal or forge a line made visible: C0, C1, DEL, line separators, bidi
 * and zero-width characters become `\u{…}`.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
