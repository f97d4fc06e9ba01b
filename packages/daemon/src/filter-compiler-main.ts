// The process that compiles filters: one request, one answer, and it ends. See capture/filter-compiler.ts.

import { DaemonError } from './base/daemon-error.ts';
import type {
  CompileAnswer,
  CompileHandle,
  CompileRequest,
  CompileResult,
} from './compile/filter-compiler.ts';
import { dieWithParent, leaveSignalsToParent } from './sys/child-guards.ts';
import { openDead, openLive, PcapError, type PcapHandle } from './sys/libpcap.ts';
import { openSavefileLike } from './sys/pcap-stream.ts';

const DLT_EN10MB = 1;
/** DLT_* that have expressions of their own: 802.11 with radiotap, ATM, and SS7's MTP2. */
const DLT_WITH_OWN_EXPRESSIONS = [127, 123, 140];
const REJECTS_ALL = 'expression rejects all packets';

dieWithParent();
leaveSignalsToParent();

process.once('message', (request: CompileRequest) => {
  let handle: PcapHandle;
  try {
    handle = open(request.handle);
    // Refused where libpcap does not know the link type: no filter is to blame.
    handle.compile('');
  } catch (error) {
    const code = error instanceof DaemonError ? error.code : 'unavailable';
    answer({ type: 'failed', code, message: error instanceof Error ? error.message : String(error) });
    return;
  }
  const results = request.filters.map(({ id, expression }): CompileResult => {
    answer({ type: 'compiling', id });
    return compile(handle, request.handle, expression);
  });
  answer({ type: 'compiled', linkType: handle.linkTypeName, linkTypeValue: handle.linkType, results });
  handle.close();
});

function compile(handle: PcapHandle, opened: CompileHandle, expression: string): CompileResult {
  const words = refusal(() => handle.compile(expression));
  if (typeof words !== 'string') return { program: words };
  // On other link types than Ethernet libpcap does not always notice that an expression contradicts itself.
  const others = words === REJECTS_ALL ? [DLT_EN10MB] : [DLT_EN10MB, ...DLT_WITH_OWN_EXPRESSIONS];
  const fitsElsewhere = others
    .filter((linkType) => linkType !== handle.linkType)
    .some((linkType) => {
      const other = openOther(opened, linkType);
      const compiled = refusal(() => other.compile(expression));
      other.close();
      return typeof compiled !== 'string';
    });
  return fitsElsewhere ? { unmatchable: words } : { refused: words };
}

/** What `compile` gives, or libpcap's words against it. */
function refusal<T>(compile: () => T): T | string {
  try {
    return compile();
  } catch (error) {
    if (error instanceof PcapError) return error.message;
    throw error;
  }
}

function open(handle: CompileHandle): PcapHandle {
  switch (handle.kind) {
    case 'live':
      return openLive(handle.iface);
    case 'dead':
      return openDead(handle.linkType);
    case 'file':
      return openSavefileLike(handle);
  }
}

/** What a capture file does not hold, no capture file of another link type holds either. */
function openOther(handle: CompileHandle, linkType: number): PcapHandle {
  return handle.kind === 'file' ? openSavefileLike({ ...handle, linkType }) : openDead(linkType);
}

function answer(message: CompileAnswer): void {
  process.send?.(message);
}
