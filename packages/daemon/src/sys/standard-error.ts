import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';

import { libcFunction } from './libc.ts';

const poll = libcFunction('int poll(void *fds, unsigned long count, int timeout)');

/** struct pollfd of poll(2): `int fd; short events; short revents`. */
const POLLFD_BYTES = 8;
const POLLOUT = 4;
/** So much is taken in one piece, or not at all (pipe(7), PIPE_BUF). */
const MAX_LINE_BYTES = 4096;
const STDERR = 2;

/**
 * Standard error that is never waited for. Node blocks in write(2) while nobody reads a pipe, and ends the process when the
 * disk is full or the reader has gone; a daemon has better things to do.
 *
 * @see poll(2)
 */
export class StandardError {
  readonly #onHangUp: () => void;
  readonly #fd: number;
  /** The last line was cut off by a full disk. */
  #torn = false;

  /** @param onHangUp - called when the terminal that it was has gone */
  constructor(onHangUp: () => void = () => {}, fd: number = STDERR) {
    this.#onHangUp = isatty(fd) ? onHangUp : () => {};
    this.#fd = fd;
  }

  /**
   * Writes one line if it can be written at once.
   *
   * @param line - with its newline; what is longer than 4 KiB is shortened
   * @returns `false` when the line is lost
   */
  write(line: string): boolean {
    try {
      if (!this.#ready()) return false;
      const bytes = Buffer.from(shortened(`${this.#torn ? '\n' : ''}${line}`));
      const complete = writeSync(this.#fd, bytes) === bytes.length;
      this.#torn = !complete;
      return complete;
    } catch (error) {
      // A disk that is full may have room tomorrow, and a reader may come back.
      if (error instanceof Error && 'code' in error && error.code === 'EIO') this.#onHangUp();
      return false;
    }
  }

  #ready(): boolean {
    const pollfd = Buffer.alloc(POLLFD_BYTES);
    pollfd.writeInt32LE(this.#fd, 0);
    pollfd.writeInt16LE(POLLOUT, 4);
    poll('poll standard error', pollfd, 1, 0);
    return (pollfd.readInt16LE(6) & POLLOUT) !== 0;
  }
}

function shortened(line: string): string {
  const bytes = Buffer.from(line);
  if (bytes.length <= MAX_LINE_BYTES) return line;
  const end = '…\n';
  // A character that is cut in two would be shown as another one.
  const kept = bytes.subarray(0, MAX_LINE_BYTES - Buffer.byteLength(end) - 2).toString();
  return `${kept.replace(/\ufffd$/, '')}${end}`;
}
