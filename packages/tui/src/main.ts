import { parseArguments } from './command-line/parse-arguments.ts';
import { EXIT, TuiError } from './tui-error.ts';
import { VERSION } from './version.ts';

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

// A reader that has seen enough closes the pipe; a terminal that went away cannot be written to either.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'EIO') process.exit(EXIT.ok);
    throw error;
  });
}

async function main(): Promise<number> {
  const options = parseArguments(process.argv.slice(2), {
    env: process.env,
    interactive: process.stdout.isTTY && process.stdin.isTTY && process.env['TERM'] !== 'dumb',
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

function fail(error: unknown): void {
  const known = error instanceof TuiError;
  process.exitCode = known ? error.exitCode : EXIT.bug;
  const text = known
    ? error.message
    : `a fault of this program: ${error instanceof Error ? error.stack : String(error)}`;
  process.stderr.write(`ifcast: ${text}\n`);
}
