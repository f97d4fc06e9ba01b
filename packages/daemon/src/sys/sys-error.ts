import { constants } from 'node:os';

/** A system call that failed: the operation, its subject and the errno. */
export class SysError extends Error {
  override readonly name = 'SysError';
  readonly errno: number;
  /** The symbolic name, such as `EPERM`; the number where it has none. */
  readonly code: string;

  /**
   * @param operation - the call and its subject, for example `bind AF_PACKET socket to eth0`
   * @param errno - positive
   */
  constructor(operation: string, errno: number, options?: ErrorOptions) {
    const code = errnoName(errno);
    super(`${operation}: ${code}`, options);
    this.errno = errno;
    this.code = code;
  }
}

function errnoName(errno: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
}
