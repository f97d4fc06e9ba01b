/**
 * `url`: a broker URL that cannot be used, or none. `file`: a file that cannot be read. `tls`: certificates and keys that
 * cannot be used. `unreachable`: no broker accepts.
 */
export type BrokerErrorCode = 'url' | 'file' | 'tls' | 'unreachable';

/** The one error of this package: one sentence that names subject and remedy, without any secret. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly code: BrokerErrorCode;

  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
