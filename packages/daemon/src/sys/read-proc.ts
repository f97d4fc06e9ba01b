import { existsSync, readFileSync } from 'node:fs';

import { DaemonError } from '../base/daemon-error.ts';

/**
 * A file of proc(5).
 *
 * @throws {@link DaemonError} `unavailable` where /proc is not mounted; what the system says where this file is not there
 */
export function readProc(path: string): string {
  if (!existsSync('/proc/self')) {
    throw new DaemonError('unavailable', '/proc is not mounted: mount -t proc proc /proc');
  }
  return readFileSync(path, 'utf8');
}
