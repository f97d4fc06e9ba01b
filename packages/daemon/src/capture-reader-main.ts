// The process that reads a capture file from standard input, compressed or not, and writes what libpcap understands to
// standard output. The program blocks in libpcap until that comes, so it cannot do this itself.
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { EXIT } from './base/daemon-error.ts';
import { type Compression, compressionOf, MAGIC_BYTES } from './capture/file/compression.ts';
import { dieWithParent, leaveSignalsToParent } from './sys/child-guards.ts';

dieWithParent();
leaveSignalsToParent();

const STDIN = { fd: 0, autoClose: false } as const;
const STDOUT = { fd: 1, autoClose: false } as const;

try {
  const input = createReadStream('', STDIN);
  const output = createWriteStream('', STDOUT);
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const begin = await firstBytes(chunks);
  const compression = compressionOf(begin);
  const whole = restOf(begin, chunks);
  if (compression === null) await pipeline(whole, output);
  else await decompress(whole, compression, output);
} catch (error) {
  // The reader has all that it wants.
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(EXIT.ok);
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = EXIT.unavailable;
}

async function decompress(
  whole: AsyncIterable<Buffer>,
  { name, program, decompress: undo }: Compression,
  output: NodeJS.WritableStream,
): Promise<void> {
  if (undo === null)
    throw new Error(
      `it is compressed with ${name}, which this Node cannot undo: pipe it through ${program} -dc`,
    );
  const transform = undo();
  transform.on('error', (error) => {
    error.message = `${name}: ${error.message}`;
  });
  await pipeline(whole, transform, output);
}

/** Enough to know a compression; less where the input ends. */
async function firstBytes(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let begin = Buffer.alloc(0);
  while (begin.length < MAGIC_BYTES) {
    const { value, done } = await chunks.next();
    if (done) break;
    begin = Buffer.concat([begin, value]);
  }
  return begin;
}

async function* restOf(begin: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield begin;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}
