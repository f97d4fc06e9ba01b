import { createRequire } from 'node:module';

import { DaemonError } from '../../base/daemon-error.ts';

const load = createRequire(import.meta.url);

/**
 * Tries whether the npm package `cap` can be loaded: it is compiled where it is installed, and may be left out.
 *
 * @param fallbackReason - why not the backend before it; `null` where cap was asked for
 * @throws {@link DaemonError} `unavailable`, with the remedy
 */
export function requireCap(fallbackReason: string | null): void {
  try {
    load('cap');
  } catch (error) {
    const reason = fallbackReason === null ? '' : `; ${fallbackReason}`;
    throw new DaemonError(
      'unavailable',
      `the npm package cap, which backend = "cap" needs, is not there or was not compiled; on Debian: apt-get install g++ libpcap-dev make python3, then install ifcast again with npm${reason}`,
      { cause: error },
    );
  }
}
