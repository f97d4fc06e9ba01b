/** Exit codes of the programs, as in sysexits(3). */
export const EXIT = { ok: 0, bug: 1, usage: 64, unavailable: 69, noPermission: 77, config: 78 } as const;

/** What kind of failure it is; each has one exit code. */
export type DaemonErrorCode = 'usage' | 'unavailable' | 'noPermission' | 'config';

/** The one error of the daemon: its message names operation, subject and remedy, and is all that a user is shown. */
export class DaemonError extends Error {
  override readonly name = 'DaemonError';
  readonly code: DaemonErrorCode;

  constructor(code: DaemonErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** The exit code that tells scripts the same. */
  get exitCode(): number {
    return EXIT[this.code];
  }
}
