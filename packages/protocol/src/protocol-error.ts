/** The one error of this package: a topic base or a message that cannot be used. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  /** `topic_base`: bad base; `too_large`, `not_json`, `not_utf8`: the payload; `shape`: a field is missing or wrong. */
  readonly code: 'topic_base' | 'too_large' | 'not_json' | 'not_utf8' | 'shape';

  constructor(code: ProtocolError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
