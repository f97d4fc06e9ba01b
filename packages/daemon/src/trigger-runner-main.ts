import { parentPort, workerData } from 'node:worker_threads';

import { giveUpPrivileges } from './sys/give-up-privileges.ts';
import type { RunnerData, RunnerReply, RunnerRequest } from './triggers/command-messages.ts';
import { type RunningCommand, runCommand } from './triggers/run-command.ts';

/*
 * The thread that runs the commands of triggers. Capabilities belong to threads: this one gives up all of them for good,
 * so that nothing that it starts has any, while the others go on with theirs.
 */
const port = parentPort!;
const running = new Set<RunningCommand>();

giveUpPrivileges((workerData as RunnerData).user);
const tell = (reply: RunnerReply): void => port.postMessage(reply);

port.on('message', (request: RunnerRequest) => {
  if (request.kind === 'stop') {
    for (const command of running) command.stop();
    return;
  }
  const { id, argv, env, timeoutMs } = request;
  const command = runCommand({
    argv,
    env,
    timeoutMs,
    onLine: (line) => tell({ kind: 'output', id, line }),
  });
  running.add(command);
  void command.ended.then((end) => {
    running.delete(command);
    tell({ kind: 'end', id, ...end });
  });
});
tell({ kind: 'ready' });
