import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';

/** A way in which a capture file may be compressed. */
export interface Compression {
  readonly name: string;
  /** The program that undoes it when it is given `-dc` and a file. */
  readonly program: string;
  /** What each such file begins with. */
  readonly magic: readonly number[];
  /** Undoes it; `null` where this Node cannot. */
  readonly decompress: (() => Transform) | null;
}

// RFC 1952; RFC 8878; "The .xz File Format" of tukaani.org; bzip2 and LZ4 as file(1) knows them.
const COMPRESSIONS: readonly Compression[] = [
  { name: 'gzip', program: 'gzip', magic: [0x1f, 0x8b], decompress: () => zlib.createGunzip() },
  { name: 'zstd', program: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], decompress: zstdOfThisNode() },
  { name: 'xz', program: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], decompress: null },
  { name: 'bzip2', program: 'bzip2', magic: [0x42, 0x5a, 0x68], decompress: null },
  { name: 'LZ4', program: 'lz4', magic: [0x04, 0x22, 0x4d, 0x18], decompress: null },
];

/** So many bytes tell how a file is compressed. */
export const MAGIC_BYTES = 6;

/** How a file is compressed that begins with these bytes; `null` when it is not. */
export function compressionOf(begin: Uint8Array): Compression | null {
  return COMPRESSIONS.find(({ magic }) => magic.every((byte, index) => begin[index] === byte)) ?? null;
}

/** Node has it from 22.15 on. */
function zstdOfThisNode(): (() => Transform) | null {
  const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: () => Transform };
  return createZstdDecompress ?? null;
}
