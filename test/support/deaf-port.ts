/** A port of loopback whose connection requests are dropped, as behind a firewall. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const LISTEN =
  'const s = require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(s.address().port))';
const ANSWER_MS = 300;

/** A process that listens and is then stopped: once its queue is full, the kernel drops every further SYN. */
export class DeafPort {
  readonly port: number;
  readonly #kill: () => void;
  readonly #fillers: Socket[];

  private constructor(port: number, kill: () => void, fillers: Socket[]) {
    this.port = port;
    this.#kill = kill;
    this.#fillers = fillers;
  }

  static async start(): Promise<DeafPort> {
    const child = spawn(process.execPath, ['-e', LISTEN], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGSTOP');
    const port = Number(line.toString());
    const fillers: Socket[] = [];
    for (let answers = true; answers; ) {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      fillers.push(socket);
      answers = await Promise.race([
        once(socket, 'connect').then(() => true),
        new Promise<false>((resolve) => setTimeout(resolve, ANSWER_MS, false)),
      ]);
    }
    return new DeafPort(port, () => child.kill('SIGKILL'), fillers);
  }

  close(): void {
    for (const socket of this.#fillers) socket.destroy();
    this.#kill();
  }
}
