import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DaemonError } from '../../base/daemon-error.ts';
import { whyUnreadable } from '../../base/why-unreadable.ts';
import { childEntry } from '../../sys/child-entry.ts';
import { PcapError, type PcapHandle } from '../../sys/libpcap.ts';
import { type CapturedPacket, PcapFile } from '../../sys/pcap-file.ts';
import { createPipe, openSavefile, openSavefilePipe, type SavefileTraits } from '../../sys/pcap-stream.ts';
import { compressionOf, MAGIC_BYTES } from './compression.ts';

const STDIN = '-';
const STDIN_FD = 0;
const SHOWN_CHARACTERS = 200;
const END_DEADLINE_MS = 1_000;

/** A capture file, opened: plain, compressed with what Node can undo, or standard input. */
export class OpenCapture {
  readonly path: string;
  readonly #file: PcapFile;
  readonly #reader: Reader | null;

  private constructor(path: string, file: PcapFile, reader: Reader | null) {
    this.path = path;
    this.#file = file;
    this.#reader = reader;
  }

  /**
   * Opens a capture file.
   *
   * @param path - `-` for standard input
   * @throws {@link DaemonError} `unavailable`, naming the file
   */
  static async open(path: string): Promise<OpenCapture> {
    const reader = readerOf(path);
    try {
      return OpenCapture.#open(path, reader);
    } catch (error) {
      // What the reader has to say is the cause of what libpcap says.
      const words = (await reader?.end()) ?? null;
      throw words === null ? error : cannotRead(path, words, error);
    }
  }

  /** As {@link open}, for who cannot wait for more than libpcap's words against a compressed file. */
  static openSync(path: string): OpenCapture {
    return OpenCapture.#open(path, readerOf(path));
  }

  static #open(path: string, reader: Reader | null): OpenCapture {
    try {
      const handle = reader === null ? openSavefile(path) : reader.open();
      return new OpenCapture(path, new PcapFile(handle), reader);
    } catch (error) {
      throw error instanceof PcapError ? cannotRead(path, error.message, error) : error;
    }
  }

  get traits(): SavefileTraits {
    return this.#file.traits;
  }

  /**
   * The next packet, `null` at the end. Waits for what comes through a pipe, and with it the whole process.
   *
   * @throws {@link PcapError} where the file is cut off or damaged; what came before is good
   */
  next(): CapturedPacket | null {
    return this.#file.next();
  }

  /**
   * Closes the file.
   *
   * @returns why it could not be decompressed or read to its end; `null` when it could
   */
  async close(): Promise<string | null> {
    this.#file.close();
    return (await this.#reader?.end()) ?? null;
  }
}

/** The process that reads what libpcap cannot read itself, with the pipe that comes out of it. */
class Reader {
  readonly #child: ChildProcess;
  readonly #readFd: number;
  readonly #closed: Promise<unknown[]>;
  #said = '';

  /** @param fd - closed here, unless it is standard input */
  constructor(fd: number) {
    const { readFd, writeFd } = createPipe();
    this.#readFd = readFd;
    const args = ['--no-warnings', childEntry('capture-reader-main')];
    this.#child = spawn(process.execPath, args, { stdio: [fd, writeFd, 'pipe'] });
    this.#closed = once(this.#child, 'close').catch((error: Error) => {
      this.#said = error.message;
      return [1];
    });
    closeSync(writeFd);
    if (fd !== STDIN_FD) closeSync(fd);
    this.#child.stderr?.on('data', (words: Buffer) => {
      this.#said += words.toString();
    });
  }

  open(): PcapHandle {
    return openSavefilePipe(this.#readFd);
  }

  /** What it has said against its input, once it has ended; `null` for nothing. The pipe has to be closed. */
  async end(): Promise<string | null> {
    // Where libpcap gave up in the middle, it may wait for more to read.
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_DEADLINE_MS);
    const [code] = await this.#closed;
    clearTimeout(timer);
    return code === 0 || this.#said === '' ? null : this.#said.slice(0, SHOWN_CHARACTERS);
  }
}

/** The reader of what libpcap cannot open by itself. */
function readerOf(path: string): Reader | null {
  if (path === STDIN) return new Reader(STDIN_FD);
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw cannotRead(path, whyUnreadable(error), error);
  }
  const stats = fstatSync(fd);
  // What comes through a pipe can be read only once.
  if (!stats.isFile() && !stats.isDirectory()) return new Reader(fd);
  const begin = Buffer.alloc(MAGIC_BYTES);
  if (stats.isFile()) readSync(fd, begin, 0, MAGIC_BYTES, 0);
  const compression = compressionOf(begin);
  if (compression !== null && compression.decompress !== null) return new Reader(fd);
  closeSync(fd);
  if (stats.isDirectory()) throw cannotRead(path, 'it is a directory');
  if (compression === null) return null;
  const { name, program } = compression;
  throw cannotRead(
    path,
    `it is compressed with ${name}, which this Node cannot undo: ${program} -dc ${path} | ifcastd count -r -`,
  );
}

function cannotRead(path: string, why: string, cause?: unknown): DaemonError {
  const words = why.replace(`${path}: `, '');
  return new DaemonError('unavailable', `${captureName(path)} cannot be read: ${words}`, { cause });
}

/** What a capture file is called in messages. */
export function captureName(path: string): string {
  return path === STDIN ? 'standard input' : `capture file ${path}`;
}
