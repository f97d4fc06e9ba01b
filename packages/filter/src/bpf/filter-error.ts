/** The one error of this package. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
  /** `program`: classic BPF that is not valid; `expression`: conditions that make no expression. */
  readonly code: 'program' | 'expression';

  constructor(code: FilterError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
