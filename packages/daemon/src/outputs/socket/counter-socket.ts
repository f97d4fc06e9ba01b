import { chmodSync, chownSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';

/** A reader that has not taken its lines by then loses them: they fit the socket's buffer, so nobody honest is meant. */
const TAKE_MS = 1_000;

/** Readers that may wait at once: beyond it connect(2) fails. */
const BACKLOG = 1024;

/** Who may read. */
export interface SocketAccess {
  readonly mode: number;
  /** A group id, `null` for the daemon's own. */
  readonly gid: number | null;
}

/** A unix socket that tells everybody who connects the counts, and reads nothing. */
export class CounterSocket {
  readonly path: string;
  readonly #access: SocketAccess;
  readonly #lines: () => string;
  #server: Server | undefined;
  /** Device and inode of the socket that we made. */
  #identity = '';

  constructor(path: string, access: SocketAccess, lines: () => string) {
    this.path = path;
    this.#access = access;
    this.#lines = lines;
  }

  /**
   * Begins to listen. A socket that nobody listens on is replaced; the directory is made where it is missing.
   *
   * @throws an Error whose message says what is in the way
   */
  async open(): Promise<void> {
    mkdirSync(dirname(this.path), { recursive: true });
    await this.#clear();
    // libuv removes whatever lies at the path that it was given when it closes: that shall not be the one people use.
    const unfinished = `${this.path}~`;
    rmSync(unfinished, { force: true });
    const server = createServer((socket) => this.#tell(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path: unfinished, backlog: BACKLOG }, resolve);
    });
    server.on('error', () => {});
    this.#server = server;
    const { mode, gid } = this.#access;
    chmodSync(unfinished, mode);
    if (gid !== null) chownSync(unfinished, -1, gid);
    renameSync(unfinished, this.path);
    this.#identity = identityOf(this.path) ?? '';
  }

  /** Whether the path still leads to this socket: somebody may have removed it, or put another in its place. */
  get reachable(): boolean {
    return this.#server !== undefined && identityOf(this.path) === this.#identity;
  }

  /** Stops to listen and removes the path, if it is still ours. */
  close(): void {
    const server = this.#server;
    const ours = this.reachable;
    this.#server = undefined;
    server?.close();
    if (ours) rmSync(this.path, { force: true });
  }

  #tell(socket: Socket): void {
    const deadline = setTimeout(() => socket.destroy(), TAKE_MS);
    socket.on('error', () => {});
    socket.on('close', () => clearTimeout(deadline));
    socket.end(this.#lines(), () => socket.destroy());
  }

  async #clear(): Promise<void> {
    const there = lstatSync(this.path, { throwIfNoEntry: false });
    if (there === undefined) return;
    if (!there.isSocket()) throw new Error('something that is no socket is there');
    if (await isAlive(this.path)) throw new Error('another program listens there');
    rmSync(this.path, { force: true });
  }
}

function identityOf(path: string): string | null {
  const there = lstatSync(path, { throwIfNoEntry: false });
  return there === undefined ? null : `${there.dev}:${there.ino}`;
}

async function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    // ENOENT: it has just gone. Anything else but a refusal may be a living one that is busy or forbidden.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT');
    });
  });
}
