// The process that compiles filters: one request, one answer, and it ends. See capture/filter-compiler.ts.
import type { CompileAnswer, CompileRequest, CompileResult } from './capture/filter-compiler.ts';
import { DaemonError } from './daemon-error.ts';
import { dieWithParent, leaveSignalsToParent } from './sys/child-guards.ts';
import { openDead, openLive, PcapError, type PcapHandle } from './sys/libpcap.ts';

dieWithParent();
leaveSignalsToParent();
process.on('disconnect', () => process.exit(0));

process.once('message', (request: CompileRequest) => {
  let handle: PcapHandle;
  try {
    handle = open(request.handle);
  } catch (error) {
    const code = error instanceof DaemonError ? error.code : 'unavailable';
    answer({ type: 'failed', code, message: error instanceof Error ? error.message : String(error) });
    return;
  }
  const results = request.filters.map(({ id, expression }): CompileResult => {
    answer({ type: 'compiling', id });
    try {
      return { program: handle.compile(expression) };
    } catch (error) {
      if (error instanceof PcapError) return { refused: error.message };
      throw error;
    }
  });
  answer({ type: 'compiled', linkType: handle.linkTypeName, linkTypeValue: handle.linkType, results });
  handle.close();
});

function open(handle: CompileRequest['handle']): PcapHandle {
  return handle.kind === 'live' ? openLive(handle.iface) : openDead(handle.linkType);
}

function answer(message: CompileAnswer): void {
  process.send?.(message);
}
