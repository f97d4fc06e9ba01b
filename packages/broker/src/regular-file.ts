import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** More than any file that a setting names should hold. */
export const MAX_FILE_BYTES: number = 1024 * 1024;

/**
 * The beginning of a file. What is none is refused: a device may have no end, and a pipe nobody who writes.
 *
 * @returns at most `maxBytes`
 * @throws what the system says (`code`), `EISDIR`, or an error with the code `not a regular file`
 */
export function readRegularFile(path: string, maxBytes: number): Buffer {
  // A pipe without a writer is opened at once, and refused.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) {
      const code = stats.isDirectory() ? 'EISDIR' : 'not a regular file';
      throw Object.assign(new Error(`${path} is no file`), { code });
    }
    const buffer = Buffer.alloc(maxBytes);
    let length = 0;
    while (length < maxBytes) {
      const read = readSync(descriptor, buffer, length, maxBytes - length, null);
      if (read === 0) break;
      length += read;
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}
