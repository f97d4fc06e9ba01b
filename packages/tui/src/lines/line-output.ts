/** Takes as many bytes as it can without waiting, and says how many. */
export interface BytesPort {
  write(bytes: Uint8Array): number;
}

/** Lines that wait for their reader are offered again this often. */
const RETRY_MS = 20;

/**
 * Lines for a terminal that may not read (Ctrl-S, an SSH connection asleep). Node writes to a terminal synchronously, which
 * would hold the connection to the broker and a recording.
 */
export class LineOutput {
  readonly #port: BytesPort;
  #rest: Buffer = Buffer.alloc(0);
  #timer: NodeJS.Timeout | null = null;

  constructor(port: BytesPort) {
    this.#port = port;
  }

  /** What the reader has not taken yet. While there is any, the process stays. */
  get unwrittenBytes(): number {
    return this.#rest.byteLength;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    this.#rest = this.#rest.byteLength === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (this.#timer === null) this.#offer();
  }

  #offer(): void {
    this.#timer = null;
    this.#rest = this.#rest.subarray(this.#port.write(this.#rest));
    if (this.#rest.byteLength > 0) this.#timer = setTimeout(() => this.#offer(), RETRY_MS);
  }
}
