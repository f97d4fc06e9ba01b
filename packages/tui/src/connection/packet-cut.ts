import { MAX_PAYLOAD_BYTES } from '@ifcast/protocol';

/**
 * What is taken of a packet, in bytes after the fixed header: more than a payload that can be used with its topic, so
 * that what is cut is refused for its length.
 */
export const MAX_PACKET_BYTES: number = 2 * MAX_PAYLOAD_BYTES;

/**
 * Follows the packets in the bytes from a broker and cuts those that are too long: the client, which collects a whole
 * packet before it looks at it, gets a shorter one with the same topic and identifier, which it can acknowledge.
 *
 * ```
 *  byte 0     1 … 1–4            then
 * +---------+------------------+-------------------------+
 * | type    | remaining length | that many bytes         |   MQTT 5.0, section 2.1
 * +---------+------------------+-------------------------+
 * ```
 */
export class PacketCut {
  readonly #limit: number;
  /** The fixed header as far as it has come. */
  #header: number[] = [];
  #keep = 0;
  #skip = 0;

  /** @param limit - bytes after the fixed header */
  constructor(limit: number = MAX_PACKET_BYTES) {
    this.#limit = limit;
  }

  /** The bytes that the client may have, of the next ones. */
  pass(chunk: Buffer): Buffer {
    const parts: Buffer[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#keep > 0) {
        const part = chunk.subarray(at, at + this.#keep);
        parts.push(part);
        this.#keep -= part.length;
        at += part.length;
      } else if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        this.#skip -= skipped;
        at += skipped;
      } else {
        this.#header.push(chunk[at]!);
        at++;
        if (this.#headerIsWhole()) parts.push(this.#begin());
      }
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  #headerIsWhole(): boolean {
    const count = this.#header.length;
    // After four bytes it is no length: the client shall say so.
    return count > 1 && (this.#header.at(-1)! < 0x80 || count === 5);
  }

  #begin(): Buffer {
    const [type, ...digits] = this.#header as [number, ...number[]];
    this.#header = [];
    const length = digits.reduce((sum, digit, index) => sum + (digit & 0x7f) * 128 ** index, 0);
    this.#keep = Math.min(length, this.#limit);
    this.#skip = length - this.#keep;
    return Buffer.from([type, ...(this.#skip > 0 ? encodeLength(this.#keep) : digits)]);
  }
}

function encodeLength(length: number): number[] {
  const rest = Math.floor(length / 128);
  return rest === 0 ? [length] : [(length % 128) | 0x80, ...encodeLength(rest)];
}
