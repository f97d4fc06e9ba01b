import koffi from 'koffi';

import { PcapError, type PcapHandle, pcapFunction } from './libpcap.ts';
import type { SavefileTraits } from './pcap-stream.ts';

/**
 * `struct pcap_pkthdr` on 64-bit systems:
 *
 * ```
 *   0         8         16       20       24
 *   | tv_sec  | tv_usec | caplen |  len   |
 * ```
 */
const HEADER_BYTES = 24;
const POINTER_BYTES = 8;
// pcap_next_ex(3PCAP)
const END_OF_FILE = -2;

/** One packet of a capture file. */
export interface CapturedPacket {
  /** Captured bytes; valid until the next packet is read. */
  readonly data: Uint8Array;
  /** Bytes on the wire, of which `data` may hold fewer. */
  readonly wireLength: number;
  /** Microseconds since the epoch. */
  readonly timestampUs: number;
}

/** Reads a pcap or pcapng file packet by packet. */
export class PcapFile {
  readonly #handle: PcapHandle;
  readonly #headerPointer = Buffer.alloc(POINTER_BYTES);
  readonly #dataPointer = Buffer.alloc(POINTER_BYTES);
  #headerAt = 0n;
  #header = new DataView(new ArrayBuffer(HEADER_BYTES));
  #dataAt = 0n;
  #data = new Uint8Array(0);
  /** What filters are compiled for. */
  readonly traits: SavefileTraits;

  /** @param handle - on a file; closed with this */
  constructor(handle: PcapHandle) {
    this.#handle = handle;
    const { linkType, snaplen, swapped } = handle;
    this.traits = { linkType, snaplen, swapped };
  }

  /**
   * The next packet, `null` at the end.
   *
   * @throws {@link PcapError} where the file is cut off or damaged; what came before is good
   */
  next(): CapturedPacket | null {
    const next = pcapFunction('int pcap_next_ex(void *pcap, void *header, void *data)');
    const status = next(this.#handle.pointer, this.#headerPointer, this.#dataPointer) as number;
    if (status === END_OF_FILE) return null;
    if (status !== 1) throw new PcapError(this.#handle.lastError());
    this.#look(this.#headerPointer.readBigUInt64LE(), this.#dataPointer.readBigUInt64LE());
    const captured = this.#header.getUint32(16, true);
    return {
      data: this.#data.subarray(0, captured),
      wireLength: this.#header.getUint32(20, true),
      timestampUs:
        Number(this.#header.getBigInt64(0, true)) * 1e6 + Number(this.#header.getBigInt64(8, true)),
    };
  }

  close(): void {
    this.#handle.close();
  }

  /** libpcap reuses its buffers: a view of them is made anew only when they have moved or are too short. */
  #look(headerAt: bigint, dataAt: bigint): void {
    if (headerAt !== this.#headerAt) {
      this.#headerAt = headerAt;
      this.#header = new DataView(koffi.view(headerAt, HEADER_BYTES));
    }
    const captured = this.#header.getUint32(16, true);
    if (dataAt !== this.#dataAt || captured > this.#data.length) {
      this.#dataAt = dataAt;
      this.#data = new Uint8Array(koffi.view(dataAt, captured));
    }
  }
}
