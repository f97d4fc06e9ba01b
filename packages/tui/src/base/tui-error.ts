/**
 * Exit codes, as in sysexits(3) and timeout(1): 75 is "try again later", 124 is what timeout(1) says. A reader that closes
 * the pipe is no error: 0.
 */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 64,
  data: 65,
  noInput: 66,
  unavailable: 69,
  cannotCreate: 73,
  ioError: 74,
  daemonOffline: 75,
  config: 78,
  timeout: 124,
} as const;

/** What kind of failure it is; each has one exit code. */
export type TuiErrorCode = Exclude<keyof typeof EXIT, 'ok' | 'bug'>;

/** The one error of the dashboard: its message names place and remedy, and is all that a user is shown. */
export class TuiError extends Error {
  override readonly name = 'TuiError';
  readonly code: TuiErrorCode;

  constructor(code: TuiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** The exit code that tells scripts the same. */
  get exitCode(): number {
    return EXIT[this.code];
  }
}
