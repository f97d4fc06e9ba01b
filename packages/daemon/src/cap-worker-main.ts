// The process of one `cap` worker: see capture/cap/worker-messages.ts for what it is told and answers.

import { SizeTally } from '@ifcast/filter';

import { CapWorker } from './capture/cap/cap-worker.ts';
import { COUNTERS_FD, type FromWorker, SLOTS, type ToWorker } from './capture/cap/worker-messages.ts';
import { dieWithParent, leaveSignalsToParent, writeNoCore } from './sys/child-guards.ts';
import { mapSharedMemory } from './sys/shared-memory.ts';

dieWithParent();
leaveSignalsToParent();
// cap aborts when its interface goes down: that is expected and worth no core file.
writeNoCore();

let worker: CapWorker | undefined;

function answer(message: FromWorker): void {
  process.send?.(message);
}

process.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'start': {
      const { iface, ethernet, bounds } = message;
      const memory = mapSharedMemory(COUNTERS_FD, SizeTally.bytes(bounds, SLOTS));
      worker = new CapWorker(iface, ethernet, new SizeTally(bounds, memory));
      break;
    }
    case 'open':
      try {
        worker?.open(message.group);
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

process.on('disconnect', () => process.exit(0));
