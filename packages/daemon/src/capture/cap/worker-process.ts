import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { DaemonError } from '../../base/daemon-error.ts';
import type { FromWorker, Group, ToWorker, WorkerTask } from './worker-messages.ts';

/** Long enough for a loaded router; a worker that has not answered by then is given up. */
const ANSWER_DEADLINE_MS = 5_000;

/** The daemon's end of a worker. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<string>;
  #iface = '';
  #onStderr: (line: string) => void = () => {};

  /**
   * @param entry - path of the worker's bundle
   * @param countersFd - the shared memory
   */
  constructor(entry: string, countersFd: number) {
    this.#child = fork(entry, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc', countersFd], execArgv: [] });
    let lastLine = '';
    this.#exit = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}: ${lastLine}`));
      this.#child.once('error', (error) => resolve(error.message));
    });
    createInterface({ input: this.#child.stderr! }).on('line', (line) => {
      if (line.trim() !== '') lastLine = line.trim();
      this.#onStderr(line);
    });
  }

  /**
   * @param onExit - called once, with what ended it
   * @param onStderr - called with each line that cap or libpcap writes
   */
  begin(task: WorkerTask, onExit: (how: string) => void, onStderr: (line: string) => void): void {
    this.#iface = task.iface;
    this.#onStderr = onStderr;
    void this.#exit.then(onExit);
    this.tell({ type: 'start', task });
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  tell(message: ToWorker): void {
    // A worker that has just died is reported by its exit.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /**
   * Opens more groups.
   *
   * @throws {@link DaemonError} `noPermission` or `unavailable`, naming the interface
   */
  async open(groups: readonly Group[]): Promise<void> {
    const deadline = AbortSignal.timeout(ANSWER_DEADLINE_MS);
    const answered = once(this.#child, 'message', { signal: deadline }).catch(() => null);
    this.tell({ type: 'open', groups });
    const answer = await Promise.race([answered, this.#exit]);
    if (answer === null) {
      throw new DaemonError('unavailable', `capture on ${this.#iface}: the worker gave no answer within 5 s`);
    }
    if (typeof answer === 'string') {
      throw new DaemonError('unavailable', `capture on ${this.#iface}: the worker ended with ${answer}`);
    }
    const message = answer[0] as FromWorker;
    if (message.type === 'failed') throw openError(this.#iface, message.reason);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }
}

function openError(iface: string, reason: string): DaemonError {
  if (/permission|not permitted/i.test(reason)) {
    return new DaemonError(
      'noPermission',
      `capture on ${iface} is not permitted: CAP_NET_RAW is missing; run as root or grant it, see "ifcastd doctor"`,
    );
  }
  return new DaemonError('unavailable', `capture on ${iface}: ${reason}`);
}
