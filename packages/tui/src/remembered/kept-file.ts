import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { readRegularFile } from '@ifcast/broker';

/** A file of ours is smaller; of another one no more is read. */
const MAX_BYTES = 64 * 1024;

/** What was kept under this path; `null` where nothing is, or what is there cannot be read. */
export function readKept(path: string): string | null {
  try {
    return readRegularFile(path, MAX_BYTES).toString('utf8');
  } catch {
    return null;
  }
}

/**
 * Keeps a text for another run. It is written beside and renamed, so that who reads finds the old one or the new one; for
 * this user's eyes alone. Where that cannot be done, nothing is kept: it is a convenience, and no reason to say anything.
 */
export function keep(path: string, text: string): void {
  const beside = `${path}.${process.pid}`;
  try {
    makeDirectory(dirname(path));
    writeFileSync(beside, text, { mode: 0o600, flag: 'wx' });
    renameSync(beside, path);
  } catch {
    try {
      rmSync(beside, { force: true });
    } catch {
      // The directory cannot be written to: nothing was left in it either.
    }
  }
}

/** Node's own recursive one does not return where the file system answers ENOENT for a parent that is there, as /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}
