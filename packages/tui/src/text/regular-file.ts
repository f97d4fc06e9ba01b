import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * The beginning of a file; a device or a pipe, which may have no end or never begin, is refused.
 *
 * @returns at most `maxBytes`
 * @throws what the system says (`code`), or an error with the code `not a regular file`
 */
export function readRegularFile(path: string, maxBytes: number): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    if (!fstatSync(descriptor).isFile()) {
      throw Object.assign(new Error(`${path} is no file`), { code: 'not a regular file' });
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

/** What the system calls a failure: `ENOENT`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
