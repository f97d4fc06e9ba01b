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

function fail(error: unknown): never {
  for (const line of describeError(error, process.argv.includes('--debug')))
    process.stderr.write(`${line}\n`);
  process.exit(EXIT.bug);
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

// Whoever read has gone, with the terminal perhaps: a daemon says goodbye, anything else is done.
let readerGone = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    if (readerGone) return;
    readerGone = true;
    if (!process.emit('SIGTERM')) process.exit(EXIT.ok);
  });
}

process.exit(
  await runProgram(process.argv.slice(2), {
    env: process.env,
    signals: process,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    journal: isJournal(),
  }),
);
