/** The largest packet that is taken from a broker, in bytes: many times the largest message that is of use to anyone here. */
export const MAX_PACKET_BYTES: number = 1024 * 1024;

const PUBLISH = 3;
/** A remaining length takes at most four bytes (MQTT 5.0, section 1.5.5). */
const MAX_LENGTH_BYTES = 4;

/** A PUBLISH that is too long: the first byte, the remaining length, and what has come of topic and identifier. */
interface MessageStart {
  readonly type: number;
  readonly length: number;
  readonly bytes: number[];
}

/**
 * Follows the packets in the bytes from a broker and takes the contents out of messages that are too long: the client,
 * which collects a whole packet before it looks at it, gets a short one in its place, with the same topic and identifier,
 * which it can acknowledge. `maximumPacketSize` is only a request, and MQTT 3.1.1 has none.
 *
 * ```
 *  byte 0     1 … 1–4            then
 * +---------+------------------+-------------------------+
 * | type    | remaining length | that many bytes         |   MQTT 5.0, section 2.1
 * +---------+------------------+-------------------------+
 *  PUBLISH, section 3.3:         topic length (2), topic, identifier (2, for QoS > 0), properties (MQTT 5), payload
 * ```
 */
export class PacketGuard {
  readonly #limit: number;
  readonly #placeholder: ((length: number) => Buffer) | null;
  readonly #emptyProperties: readonly number[];
  /** The fixed header as far as it has come. */
  #header: number[] = [];
  #keep = 0;
  #skip = 0;
  #start: MessageStart | null = null;
  #fault: string | null = null;

  /**
   * @param version - of MQTT, 4 is 3.1.1
   * @param placeholder - gives the payload that takes the place of one that is too long, for the packet's length in bytes;
   *   `null`: what is too long is a fault
   * @param limit - bytes after the fixed header
   */
  constructor(
    version: 4 | 5,
    placeholder: ((length: number) => Buffer) | null,
    limit: number = MAX_PACKET_BYTES,
  ) {
    this.#emptyProperties = version === 5 ? [0] : [];
    this.#placeholder = placeholder;
    this.#limit = limit;
  }

  /** Why the stream must end, as a phrase: what came is no message, and no broker sends it. */
  get fault(): string | null {
    return this.#fault;
  }

  /** Whether it is in the middle of a message that is left out. */
  get isSkipping(): boolean {
    return this.#skip > 0;
  }

  /** The bytes that the client may have, of the next ones. */
  pass(chunk: Buffer): Buffer {
    const parts: Buffer[] = [];
    let at = 0;
    while (at < chunk.length && this.#fault === null) {
      if (this.#keep > 0) {
        const part = chunk.subarray(at, at + this.#keep);
        parts.push(part);
        this.#keep -= part.length;
        at += part.length;
      } else if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        this.#skip -= skipped;
        at += skipped;
      } else if (this.#start !== null) {
        this.#start.bytes.push(chunk[at++]!);
        const whole = this.#replacement(this.#start);
        if (whole !== null) parts.push(whole);
      } else {
        this.#header.push(chunk[at++]!);
        if (this.#headerIsWhole()) parts.push(this.#begin());
      }
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  #headerIsWhole(): boolean {
    const count = this.#header.length;
    return count > 1 && (this.#header.at(-1)! < 0x80 || count > MAX_LENGTH_BYTES);
  }

  #begin(): Buffer {
    const header = Buffer.from(this.#header);
    const [type, ...digits] = this.#header as [number, ...number[]];
    this.#header = [];
    if (digits.at(-1)! >= 0x80) {
      this.#fault = 'it sent a packet length that is not MQTT';
      return Buffer.alloc(0);
    }
    const length = digits.reduce((sum, digit, index) => sum + (digit & 0x7f) * 128 ** index, 0);
    if (length <= this.#limit) {
      this.#keep = length;
      return header;
    }
    if (this.#placeholder === null) this.#fault = `it announced a packet of ${length} bytes`;
    else if (type >> 4 === PUBLISH) this.#start = { type, length, bytes: [] };
    else this.#fault = `it announced a packet of ${length} bytes that is no message`;
    return Buffer.alloc(0);
  }

  /** A message without what it carried, once its topic and identifier are known. */
  #replacement({ type, length, bytes }: MessageStart): Buffer | null {
    if (bytes.length < 2) return null;
    const hasIdentifier = (type & 0b0110) !== 0;
    const wanted = 2 + bytes[0]! * 256 + bytes[1]! + (hasIdentifier ? 2 : 0);
    if (bytes.length < wanted) return null;
    this.#start = null;
    this.#skip = Math.max(0, length - wanted);
    const body = Buffer.concat([
      Buffer.from([...bytes, ...this.#emptyProperties]),
      this.#placeholder!(length),
    ]);
    return Buffer.concat([Buffer.from([type, ...encodeLength(body.length)]), body]);
  }
}

function encodeLength(length: number): number[] {
  const rest = Math.floor(length / 128);
  return rest === 0 ? [length] : [(length % 128) | 0x80, ...encodeLength(rest)];
}
