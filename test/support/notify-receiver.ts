/** What systemd is to a service of `Type=notify`: a datagram socket, which Node has none of. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const RECEIVER = `
import json, socket, sys
path = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind('\\0' + path[1:] if path.startswith('@') else path)
print('bound', flush=True)
while True:
    print(json.dumps(receiver.recv(4096).decode()), flush=True)
`;

export class NotifyReceiver {
  readonly #child: ChildProcessByStdio<null, Readable, null>;
  /** Each datagram so far. */
  readonly messages: string[] = [];

  private constructor(path: string) {
    this.#child = spawn('python3', ['-c', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** @param path - of the socket; with a leading "@" a name in the abstract namespace */
  static async listen(path: string): Promise<NotifyReceiver> {
    const receiver = new NotifyReceiver(path);
    const lines = createInterface({ input: receiver.#child.stdout });
    await once(lines, 'line');
    lines.on('line', (line) => receiver.messages.push(JSON.parse(line)));
    return receiver;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
