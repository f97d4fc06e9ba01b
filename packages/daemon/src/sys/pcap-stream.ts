import koffi from 'koffi';

import { libcFunction } from './libc.ts';
import { cString, ERRBUF_BYTES, openDead, PcapError, PcapHandle, pcapFunction } from './libpcap.ts';
import { SysError } from './sys-error.ts';

/** pcap-savefile(5): the header of a file. */
const FILE_HEADER_BYTES = 24;
const O_CLOEXEC = 0o2000000;

/** What libpcap compiles for, of a capture file: all that decides what an expression means there. */
export interface SavefileTraits {
  /** `DLT_*` */
  readonly linkType: number;
  readonly snaplen: number;
  /** The file is in the other byte order. */
  readonly swapped: boolean;
}

/** `FILE *` */
type Stream = unknown;

const pipe2 = libcFunction('int pipe2(void *fds, int flags)');

/**
 * Opens a pcap or pcapng file.
 *
 * @throws {@link PcapError} with libpcap's words
 * @see pcap_open_offline(3PCAP)
 */
export function openSavefile(path: string): PcapHandle {
  const errors = Buffer.alloc(ERRBUF_BYTES);
  const pointer = pcapFunction('void *pcap_open_offline(const char *path, void *errbuf)')(path, errors);
  if (pointer === null) throw new PcapError(cString(errors));
  return new PcapHandle(pointer);
}

/**
 * Opens what comes out of a pipe. Reads from it block the whole process.
 *
 * @param fd - closed with the handle, or when this fails
 * @throws {@link PcapError} with libpcap's words
 */
export function openSavefilePipe(fd: number): PcapHandle {
  return openStream(asStream(libc('void *fdopen(int fd, const char *mode)')(fd, 'r'), 'read from a pipe'));
}

/**
 * A handle that compiles as that of a capture file does: what `inbound` means, and in which byte order a link-layer
 * header is, libpcap knows of a file only.
 *
 * @throws {@link PcapError} for a link type that libpcap does not know
 */
export function openSavefileLike({ linkType, snaplen, swapped }: SavefileTraits): PcapHandle {
  const header = savefileHeader(linkType);
  header.writeUInt32LE(snaplen, 16);
  if (swapped) swapHeader(header);
  return openStream(memoryStream(header, 'r'));
}

/** A pipe of which both ends are closed in every program that is executed. */
export function createPipe(): { readonly readFd: number; readonly writeFd: number } {
  const fds = Buffer.alloc(8);
  pipe2('create a pipe', fds, O_CLOEXEC);
  return { readFd: fds.readInt32LE(0), writeFd: fds.readInt32LE(4) };
}

/** libpcap writes it, because the numbers in files (LINKTYPE_*) are not always its own (DLT_*). */
function savefileHeader(linkType: number): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  const dead = openDead(linkType);
  try {
    const dumper = pcapFunction('void *pcap_dump_fopen(void *pcap, void *stream)')(
      dead.pointer,
      memoryStream(header, 'w'),
    );
    if (dumper === null) throw new PcapError(dead.lastError());
    pcapFunction('void pcap_dump_close(void *dumper)')(dumper);
    return header;
  } finally {
    dead.close();
  }
}

/** Six fields: magic, two of the version, time zone, significant figures, snaplen, link type. */
function swapHeader(header: Buffer): void {
  header.subarray(0, 4).swap32();
  header.subarray(4, 8).swap16();
  header.subarray(8).swap32();
}

/** libpcap closes the stream with the handle. */
function openStream(stream: Stream): PcapHandle {
  const errors = Buffer.alloc(ERRBUF_BYTES);
  const pointer = pcapFunction('void *pcap_fopen_offline(void *stream, void *errbuf)')(stream, errors);
  if (pointer !== null) return new PcapHandle(pointer);
  libc('int fclose(void *stream)')(stream);
  throw new PcapError(cString(errors));
}

/** @param bytes - have to be referenced while the stream is open */
function memoryStream(bytes: Buffer, mode: 'r' | 'w'): Stream {
  const open = libc('void *fmemopen(void *bytes, size_t size, const char *mode)');
  return asStream(open(bytes, bytes.byteLength, mode), 'open memory as a file');
}

function asStream(stream: Stream, operation: string): Stream {
  if (stream === null) throw new SysError(operation, koffi.errno());
  return stream;
}

function libc(prototype: string): (...args: unknown[]) => unknown {
  return koffi.load('libc.so.6').func(prototype) as (...args: unknown[]) => unknown;
}
