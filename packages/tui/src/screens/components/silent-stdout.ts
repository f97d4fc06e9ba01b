import { EventEmitter } from 'node:events';

/** What Ink is given as its standard output: it swallows everything, so that the terminal has one writer alone. */
export class SilentStdout extends EventEmitter {
  readonly columns = 80;
  readonly rows = 24;

  write(): boolean {
    return true;
  }
}
