import { maskSecrets } from '@ifcast/broker';
import { EXIT, TuiError } from './base/tui-error.ts';
import { parseArguments } from './command-line/parse-arguments.ts';
import { VERSION } from './version.ts';

/** Whoever does not read keeps a program that was told to end no longer than this. */
const LAST_WORDS_MS = 500;

const ended = new AbortController();
let signalNumber = 0;
for (const [signal, number] of [
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  // Not `once`: signal-exit, which Ink brings, ends the process by itself where it finds no other listener.
  process.on(signal, () => {
    signalNumber = number;
    ended.abort();
  });
}
// Without a listener of ours Node opens its inspector, and whoever reaches that can run code here.
process.on('SIGUSR1', () => {});

/** Why standard output cannot be written to any more. */
let outputFault: NodeJS.ErrnoException | null = null;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  outputFault ??= error;
  ended.abort();
});
process.once('exit', tellOutputFault);
// What cannot be said there cannot be said.
process.stderr.on('error', () => {});

async function main(): Promise<number> {
  const options = parseArguments(process.argv.slice(2), {
    env: process.env,
    screen: process.stdout.isTTY && process.env['TERM'] !== 'dumb',
    keyboard: process.stdin.isTTY,
    version: VERSION,
    print: (text) => process.stdout.write(text),
  });
  if (options === null) return EXIT.ok;
  // What is wrong with the arguments is said before anything else is loaded.
  const { run } = await import('./program.ts');
  const code = await run(options, ended.signal);
  return signalNumber > 0 ? 128 + signalNumber : code;
}

process.once('uncaughtException', (error) => {
  // The screen gives the terminal back when the process exits; what is written before is lost with it.
  process.once('exit', () => fail(error));
  process.exit(EXIT.bug);
});
try {
  process.exitCode = await main();
} catch (error) {
  fail(error);
}
// Lines that wait for their reader keep the process alive, unless it was told to end.
if (ended.signal.aborted) setTimeout(() => process.exit(), LAST_WORDS_MS).unref();

function tellOutputFault(): void {
  if (outputFault === null) return;
  const code = outputFault.code ?? outputFault.message;
  // A reader that has seen enough closes the pipe, and a terminal may go away: neither is an error.
  if (code === 'EPIPE' || (code === 'EIO' && process.stdout.isTTY)) return;
  const words = code === 'ENOSPC' ? 'the disk is full (ENOSPC)' : code;
  fail(new TuiError('ioError', `cannot write to standard output: ${words}`));
}

function fail(error: unknown): void {
  const known = error instanceof TuiError;
  process.exitCode = known ? error.exitCode : EXIT.bug;
  const text = known
    ? error.message
    : `a fault of this program: ${error instanceof Error ? error.stack : String(error)}`;
  process.stderr.write(`ifcast: ${maskSecrets(text)}\n`);
}
