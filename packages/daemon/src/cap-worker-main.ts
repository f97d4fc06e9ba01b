// The process of one `cap` worker: see capture/cap/worker-messages.ts for what it is told and answers. It may wait for long
// until it is told anything: what it will need is loaded by then.

import { CapWorker } from './capture/cap/cap-worker.ts';
import { WorkerMemory } from './capture/cap/worker-memory.ts';
import { COUNTERS_FD, type FromWorker, HEARTBEAT_MS, type ToWorker } from './capture/cap/worker-messages.ts';
import { dieWithParent, leaveSignalsToParent, writeNoCore } from './sys/child-guards.ts';
import { mapSharedMemory } from './sys/shared-memory.ts';

dieWithParent();
leaveSignalsToParent();
// cap aborts when its interface goes down: that is expected and worth no core file.
writeNoCore();

const memory = new WorkerMemory(mapSharedMemory(COUNTERS_FD, WorkerMemory.bytes));
let worker: CapWorker | undefined;
setInterval(() => (worker ?? memory).beat(), HEARTBEAT_MS);

function answer(message: FromWorker): void {
  process.send?.(message);
}

process.on('message', async (message: ToWorker) => {
  switch (message.type) {
    case 'start':
      worker = new CapWorker(message.task, memory);
      break;
    case 'open':
      try {
        await worker?.open(message.groups);
        answer({ type: 'opened' });
      } catch (error) {
        answer({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
      }
      break;
    case 'drop':
      worker?.drop(message.slots);
      break;
  }
});
