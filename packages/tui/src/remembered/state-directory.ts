import { join } from 'node:path';

/**
 * Where this program keeps what it remembers: `$XDG_STATE_HOME/ifcast`, by default `~/.local/state/ifcast`; `null` without
 * a home.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function stateDirectory(env: Readonly<Record<string, string | undefined>>): string | null {
  const home = env['HOME'] ? join(env['HOME'], '.local', 'state') : null;
  const base = env['XDG_STATE_HOME'] || home;
  return base === null ? null : join(base, 'ifcast');
}
