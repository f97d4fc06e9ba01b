import { BrokerError, type BrokerErrorCode } from '@ifcast/broker';

/** Exit codes of the programs, as in sysexits(3). */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 64,
  unavailable: 69,
  ioError: 74,
  noPermission: 77,
  config: 78,
} as const;

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

/** What the broker's client calls a failure, as the daemon does. */
const BROKER_FAILURE: Readonly<Record<BrokerErrorCode, DaemonErrorCode>> = {
  url: 'config',
  file: 'config',
  tls: 'config',
  unreachable: 'unavailable',
};

/** An error whose message is all that a user is shown; any other is a fault of this program. */
export function isForUsers(error: unknown): error is DaemonError | BrokerError {
  return error instanceof DaemonError || error instanceof BrokerError;
}

/** The exit code that tells scripts what the error's message tells people. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof DaemonError) return error.exitCode;
  return error instanceof BrokerError ? EXIT[BROKER_FAILURE[error.code]] : EXIT.bug;
}
