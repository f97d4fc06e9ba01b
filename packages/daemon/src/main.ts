// The entry of ifcastd: arguments, signals, exit code.
import { fstatSync } from 'node:fs';

import { EXIT } from './base/daemon-error.ts';
import { describeError, runProgram } from './program.ts';

/** Standard error is journald's: systemd names its file there. See systemd.exec(5), JOURNAL_STREAM. */
function isJournal(): boolean {
  // Not the plain numbers: after those of a pipe, Node 20.20.2 imports modules by the path of their symbolic link.
  const { dev, ino } = fstatSync(2, { bigint: true });
  return process.env['JOURNAL_STREAM'] === `${dev}:${ino}`;
}

/** Standard error; a command that runs for months puts one in its place that it never waits for. */
let writeError: (text: string) => unknown = (text) => process.stderr.write(text);

function fail(error: unknown): never {
  for (const line of describeError(error, process.argv.includes('--debug'))) writeError(`${line}\n`);
  process.exit(EXIT.bug);
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

// What was read has been read to the end that was wanted; anything else is a disk that is full.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || error.code === 'EIO') process.exit(EXIT.ok);
  writeError(`ifcastd: standard output cannot be written: ${error.message}\n`);
  process.exit(EXIT.ioError);
});
// Nobody is left to tell; the exit code says the same.
process.stderr.on('error', () => {});

function replaceStderr(write: (text: string) => unknown): void {
  writeError = write;
  // What Node says by itself goes the same way.
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => write(`${name}: ${message}\n`));
}

let printed = false;
const exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  signals: process,
  stdout: (text) => {
    printed = true;
    process.stdout.write(text);
  },
  stderr: (text) => writeError(text),
  replaceStderr,
  journal: isJournal(),
});
// A failure to write is told after the write.
if (printed) await new Promise((resolve) => process.stdout.write('', resolve));
process.exit(exitCode);
