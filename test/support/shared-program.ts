/** The built programs where every user can run them: the checkout, and Node, may lie in a home that only its owner reads. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('../../packages/daemon/', import.meta.url));
const DASHBOARD = fileURLToPath(new URL('../../packages/tui/', import.meta.url));
/** User and group id of nobody. */
export const NOBODY = 65_534;

export class SharedProgram {
  readonly directory: string;
  /** Path of Node. */
  readonly node: string;
  /** Path of `ifcastd.js`. */
  readonly ifcastd: string;
  /** A folder for PATH, with both programs by their names. */
  readonly commands: string;

  /** Copies the program with its native packages; its owner removes it. */
  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'ifcast-program-'));
    this.ifcastd = join(this.directory, 'bin/ifcastd.js');
    for (const part of ['package.json', 'bin', 'dist']) {
      copy(join(PACKAGE, part), this.directory);
      copy(join(DASHBOARD, part), this.#path('dashboard'));
    }
    for (const name of ['koffi', 'cap']) {
      // pnpm puts what a package depends on beside it.
      const packages = dirname(realpathSync(join(PACKAGE, 'node_modules', name)));
      copy(`${packages}/.`, this.#path('node_modules'));
    }
    this.node = nobodyRuns(process.execPath) ? process.execPath : this.#path('node');
    if (this.node !== process.execPath) cpSync(process.execPath, this.node);
    this.commands = this.#path('commands');
    mkdirSync(this.commands);
    const entries = { ifcastd: this.ifcastd, ifcast: this.#path('dashboard/bin/ifcast.js') };
    for (const [name, entry] of Object.entries(entries)) {
      const text = `#!/bin/sh\nexec ${this.node} ${entry} "$@"\n`;
      writeFileSync(join(this.commands, name), text, { mode: 0o755 });
    }
    spawnSync('chmod', ['-R', 'a+rX', this.directory]);
  }

  /** Gives it to a user, and takes it from all others but those who may read everything. */
  giveTo(user: number): void {
    spawnSync('chown', ['-R', String(user), this.directory]);
    chmodSync(this.directory, 0o700);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #path(name: string): string {
    return join(this.directory, name);
  }
}

/** Copies into a folder, files in place of links: cpSync() of Node 24 keeps the links that are deeper. */
function copy(from: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('cp', ['-rL', from, folder]);
}

function nobodyRuns(program: string): boolean {
  return spawnSync(program, ['--version'], { uid: NOBODY, gid: NOBODY }).status === 0;
}
