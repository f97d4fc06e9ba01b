import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { WriteStream } from 'node:tty';

import type { TerminalPort } from './terminal-output.ts';

export interface OpenTerminal extends TerminalPort {
  close(): void;
}

/**
 * The terminal behind `stdout`, opened again so that writing to it does not block. Where that cannot be done (no
 * `/proc`, a terminal of another user) the writes block as Node's own do.
 */
export function openTerminal(stdout: WriteStream & { readonly fd: number }): OpenTerminal {
  const descriptor = openAgain(stdout.fd);
  return {
    // A terminal that does not know its size is taken to have the usual one.
    get columns() {
      return stdout.columns || 80;
    },
    get rows() {
      return stdout.rows || 24;
    },
    write(bytes) {
      if (descriptor === null) {
        stdout.write(bytes);
        return bytes.byteLength;
      }
      let taken = 0;
      while (taken < bytes.byteLength) {
        try {
          taken += writeSync(descriptor, bytes, taken);
        } catch (error) {
          const code = error instanceof Error && 'code' in error ? error.code : null;
          if (code === 'EINTR') continue;
          if (code === 'EAGAIN') return taken;
          // The terminal has gone away: nobody is left to write to. The hangup signal ends the program.
          if (code === 'EIO' || code === 'EPIPE') return bytes.byteLength;
          throw error;
        }
      }
      return taken;
    },
    close() {
      if (descriptor !== null) closeSync(descriptor);
    },
  };
}

/** A file description of its own: O_NONBLOCK on the one that is shared would be the shell's too. */
function openAgain(fd: number): number | null {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
}
