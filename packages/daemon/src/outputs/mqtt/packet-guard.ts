/** The largest packet that is taken from a broker, in bytes: many times the largest discovery document. */
export const MAX_INCOMING_PACKET_BYTES: number = 1024 * 1024;

/** A remaining length takes at most four bytes (MQTT 5.0, section 1.5.5). */
const MAX_LENGTH_BYTES = 4;

/**
 * Follows the packet boundaries of a byte stream from a broker, so that a packet too large is refused at its header.
 *
 * The client would collect the whole packet first: `maximumPacketSize` is only a request, and MQTT 3.1.1 has none.
 *
 * ```
 *  byte 0     1 … 1–4            then
 * +---------+------------------+-------------------------+
 * | type    | remaining length | that many bytes         |
 * +---------+------------------+-------------------------+
 * ```
 */
export class PacketGuard {
  readonly #limit: number;
  #bodyLeft = 0;
  /** Bytes of the remaining length seen so far, -1 before the type byte. */
  #lengthBytes = -1;
  #length = 0;

  /** @param limit - bytes after the fixed header */
  constructor(limit: number = MAX_INCOMING_PACKET_BYTES) {
    this.#limit = limit;
  }

  /**
   * Looks at the next bytes.
   *
   * @returns `null`, or one phrase that says why the stream must end
   */
  push(chunk: Uint8Array): string | null {
    let at = 0;
    while (at < chunk.length) {
      if (this.#bodyLeft > 0) {
        const taken = Math.min(this.#bodyLeft, chunk.length - at);
        this.#bodyLeft -= taken;
        at += taken;
        continue;
      }
      const byte = chunk[at++]!;
      if (this.#lengthBytes < 0) {
        this.#lengthBytes = 0;
        this.#length = 0;
        continue;
      }
      this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes;
      this.#lengthBytes++;
      if (this.#length > this.#limit) {
        return `it announced a packet of ${this.#length} bytes or more, at most ${this.#limit} are taken`;
      }
      if ((byte & 0x80) === 0) {
        this.#bodyLeft = this.#length;
        this.#lengthBytes = -1;
      } else if (this.#lengthBytes === MAX_LENGTH_BYTES) {
        return 'it sent a packet length that is not MQTT';
      }
    }
    return null;
  }
}
