import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import type { UserIds } from '../sys/give-up-privileges.ts';
import type { CommandEnd, RunnerData, RunnerReply, RunnerRequest } from './command-messages.ts';
import type { Command } from './run-command.ts';

interface Waiting {
  readonly onLine: (line: string) => void;
  readonly onEnd: (end: CommandEnd) => void;
}

/** Runs commands in a thread that has no capabilities, and so can give none to what it starts. */
export class CommandRunner {
  readonly #entry: string;
  readonly #user: UserIds | null;
  readonly #waiting = new Map<number, Waiting>();
  readonly #running = new Set<Promise<CommandEnd>>();
  #worker: Worker | undefined;
  #fault = 'the thread that runs commands is not there';
  #nextId = 0;

  /**
   * @param entry - `trigger-runner-main`
   * @param user - who the commands run as; `null`: the daemon's own user
   */
  constructor(entry: string, user: UserIds | null) {
    this.#entry = entry;
    this.#user = user;
  }

  /** @throws the error of the thread when it cannot give up its privileges */
  async start(): Promise<void> {
    const workerData: RunnerData = { user: this.#user };
    const worker = new Worker(this.#entry, { workerData });
    this.#worker = worker;
    await once(worker, 'message');
    worker.on('message', (reply: RunnerReply) => this.#take(reply));
    worker.on('error', (error) => this.#lost(error.message));
    worker.on('exit', () => this.#lost('the thread that runs commands has ended'));
  }

  /** Runs a command; resolves when it has ended and never rejects. */
  run({ argv, env, timeoutMs, onLine }: Command): Promise<CommandEnd> {
    const worker = this.#worker;
    if (worker === undefined) return Promise.resolve({ exit: null, fault: this.#fault });
    const id = this.#nextId++;
    const ended = new Promise<CommandEnd>((onEnd) => this.#waiting.set(id, { onLine, onEnd }));
    const request: RunnerRequest = { kind: 'run', id, argv, env, timeoutMs };
    worker.postMessage(request);
    this.#running.add(ended);
    void ended.then(() => this.#running.delete(ended));
    return ended;
  }

  /** Ends what runs, waits for it no longer than `deadlineMs`, and ends the thread. */
  async stop(deadlineMs: number): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    if (this.#running.size > 0) {
      worker.postMessage({ kind: 'stop' } satisfies RunnerRequest);
      await Promise.race([Promise.all(this.#running), delay(deadlineMs, undefined, { ref: false })]);
    }
    this.#worker = undefined;
    await worker.terminate();
  }

  #take(reply: RunnerReply): void {
    if (reply.kind === 'output') this.#waiting.get(reply.id)?.onLine(reply.line);
    if (reply.kind !== 'end') return;
    this.#waiting.get(reply.id)?.onEnd({ exit: reply.exit, fault: reply.fault });
    this.#waiting.delete(reply.id);
  }

  #lost(reason: string): void {
    this.#worker = undefined;
    this.#fault = reason;
    for (const { onEnd } of this.#waiting.values()) onEnd({ exit: null, fault: reason });
    this.#waiting.clear();
  }
}
