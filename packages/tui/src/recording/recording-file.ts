import { fstatSync, openSync, read } from 'node:fs';
import { Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createGunzip } from 'node:zlib';

import { MAX_PAYLOAD_BYTES } from '@ifcast/protocol';

import { TuiError } from '../base/tui-error.ts';

/** A longer line can be no event; what is beyond is not kept. */
const MAX_LINE_BYTES = MAX_PAYLOAD_BYTES + 1;
/** What is looked at for the last event; a line of ours is shorter. */
const TAIL_BYTES = 2 * MAX_LINE_BYTES;
const CHUNK_BYTES = 64 * 1024;
const STANDARD_INPUT = 0;
const NEWLINE = 0x0a;
const GZIP_MAGIC = [0x1f, 0x8b];

const readAt = promisify(read);

/** The bytes of a recording: a file, a pipe or standard input (`-`), also compressed by gzip(1). */
export class RecordingFile {
  readonly #descriptor: number;
  readonly #stdin: Readable;
  /** The file can be read from its beginning again. */
  readonly canGoBack: boolean;

  private constructor(descriptor: number, stdin: Readable) {
    this.#descriptor = descriptor;
    this.#stdin = stdin;
    this.canGoBack = fstatSync(descriptor).isFile();
  }

  /** @throws {@link TuiError} `noInput` */
  static open(path: string, stdin: Readable): RecordingFile {
    try {
      const descriptor = path === '-' ? STANDARD_INPUT : openSync(path, 'r');
      if (fstatSync(descriptor).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      return new RecordingFile(descriptor, stdin);
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
      throw new TuiError('noInput', `--replay: cannot read ${JSON.stringify(path)} (${String(code)})`, {
        cause,
      });
    }
  }

  /** The lines without their ends, from the first one; one that is too long is cut, so that it is refused. */
  async *lines(): AsyncGenerator<Buffer> {
    let rest = Buffer.alloc(0);
    let isCut = false;
    for await (const chunk of this.#bytes()) {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
        if (!isCut) yield withoutReturn(Buffer.concat([rest, chunk.subarray(from, end)]));
        rest = Buffer.alloc(0);
        isCut = false;
        from = end + 1;
      }
      if (isCut) continue;
      rest = Buffer.concat([rest, chunk.subarray(from)]);
      if (rest.length <= MAX_LINE_BYTES) continue;
      yield rest.subarray(0, MAX_LINE_BYTES);
      rest = Buffer.alloc(0);
      isCut = true;
    }
    if (rest.length > 0) yield withoutReturn(rest);
  }

  /** The last bytes that hold a whole line, where the file can be read twice; otherwise nothing. */
  async tail(signal: AbortSignal): Promise<Buffer> {
    if (!this.canGoBack) return Buffer.alloc(0);
    const { size } = fstatSync(this.#descriptor);
    const { buffer: start } = await readAt(this.#descriptor, Buffer.alloc(2), 0, 2, 0);
    if (!isGzip(start)) {
      const from = Math.max(0, size - TAIL_BYTES);
      const { buffer, bytesRead } = await readAt(
        this.#descriptor,
        Buffer.alloc(TAIL_BYTES),
        0,
        size - from,
        from,
      );
      return buffer.subarray(0, bytesRead);
    }
    let tail = Buffer.alloc(0);
    for await (const chunk of this.#bytes()) {
      if (signal.aborted) break;
      tail = Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES);
    }
    return tail;
  }

  /** Reads no more of standard input: as long as somebody might write there, the process would not end. */
  stop(): void {
    if (this.#descriptor === STANDARD_INPUT) this.#stdin.destroy();
  }

  #chunks(): AsyncIterator<Buffer> {
    if (this.canGoBack) return readFrom(this.#descriptor, 0);
    if (this.#descriptor === STANDARD_INPUT) return this.#stdin[Symbol.asyncIterator]();
    if (!fstatSync(this.#descriptor).isFIFO()) return readFrom(this.#descriptor, null);
    // A read of a file would wait in a thread that the program cannot leave behind.
    const pipe = new Socket({ fd: this.#descriptor, readable: true, writable: false });
    return pipe[Symbol.asyncIterator]();
  }

  async *#bytes(): AsyncGenerator<Buffer> {
    const chunks = this.#chunks();
    let first = Buffer.alloc(0);
    while (first.length < GZIP_MAGIC.length) {
      const { done, value } = await chunks.next();
      if (done) break;
      first = Buffer.concat([first, value]);
    }
    const all = after(first, chunks);
    if (!isGzip(first)) {
      yield* all;
      return;
    }
    // The recording of a program that was killed ends in the middle: what is there of it counts.
    const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
    // An error of either ends the iteration with it.
    pipeline(Readable.from(all, { objectMode: false }), gunzip, () => {});
    yield* gunzip as AsyncIterable<Buffer>;
  }
}

/** @param from - `null`: where it stands */
async function* readFrom(descriptor: number, from: number | null): AsyncGenerator<Buffer> {
  for (let position = from; ; ) {
    const { buffer, bytesRead } = await readAt(
      descriptor,
      Buffer.allocUnsafe(CHUNK_BYTES),
      0,
      CHUNK_BYTES,
      position,
    );
    if (bytesRead === 0) return;
    if (position !== null) position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* after(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first;
    for (;;) {
      const { done, value } = await rest.next();
      if (done) return;
      yield value;
    }
  } finally {
    await rest.return?.();
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return GZIP_MAGIC.every((byte, index) => bytes[index] === byte);
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}
