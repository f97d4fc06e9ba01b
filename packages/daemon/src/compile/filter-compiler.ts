import { fork } from 'node:child_process';

import type { RawInstruction } from '@ifcast/filter';

import { DaemonError, type DaemonErrorCode } from '../base/daemon-error.ts';
import { childEntry } from '../sys/child-entry.ts';
import type { SavefileTraits } from '../sys/pcap-stream.ts';

/** No list of hosts that makes sense takes longer. */
const COMPILE_DEADLINE_MS = 60_000;

/** What the expressions are compiled for: the same text gives other code on other handles. */
export type CompileHandle =
  /** An interface; needs CAP_NET_RAW. */
  | { readonly kind: 'live'; readonly iface: string }
  /** A link type (`DLT_*`) without an interface. */
  | { readonly kind: 'dead'; readonly linkType: number }
  /** A capture file. */
  | ({ readonly kind: 'file' } & SavefileTraits);

export interface CompileRequest {
  readonly handle: CompileHandle;
  readonly filters: readonly { readonly id: string; readonly expression: string }[];
}

/**
 * One filter's program, or libpcap's words against it: `refused` on every link type, or `unmatchable` on this one, as `arp`
 * is where there are only IP packets.
 */
export type CompileResult =
  | { readonly program: RawInstruction[] }
  | { readonly refused: string }
  | { readonly unmatchable: string };

/** What the compiling process says. */
export type CompileAnswer =
  | { readonly type: 'compiling'; readonly id: string }
  | { readonly type: 'failed'; readonly code: DaemonErrorCode; readonly message: string }
  | {
      readonly type: 'compiled';
      readonly linkType: string;
      readonly linkTypeValue: number;
      readonly results: readonly CompileResult[];
    };

export interface CompiledFilters {
  /** Name of the link type, such as `EN10MB`. */
  readonly linkType: string;
  /** `DLT_*` */
  readonly linkTypeValue: number;
  /** In the order of the request. */
  readonly programs: readonly (readonly RawInstruction[])[];
  /** Filters that no packet of this link type can match, with libpcap's words; their programs match none. */
  readonly unmatchable: readonly FilterReason[];
}

/** A filter, and what libpcap says of it. */
export interface FilterReason {
  readonly filterId: string;
  readonly reason: string;
}

/** What is told of a filter in {@link CompiledFilters.unmatchable}. */
export function matchesNothing({ filterId, reason }: FilterReason): string {
  return `filter "${filterId}" counts nothing, because nothing on this link type can match it: ${reason}`;
}

/** `ret #0` */
const MATCH_NOTHING: readonly RawInstruction[] = [{ code: 0x06, jt: 0, jf: 0, k: 0 }];

/** Expressions that libpcap refuses, each with its filter and libpcap's words. */
export class FiltersRefused extends DaemonError {
  readonly refusals: readonly FilterReason[];

  constructor(refusals: readonly FilterReason[]) {
    super('config', refusals.map(({ filterId, reason }) => `filter "${filterId}": ${reason}`).join('; '));
    this.refusals = refusals;
  }
}

/**
 * Compiles expressions with libpcap's optimiser in a child process, which is killed when its time is over: `pcap_compile`
 * cannot be interrupted and takes minutes for thousands of hosts.
 *
 * @param timeoutMs - for all filters together, without the start of the process
 * @throws {@link FiltersRefused} naming every refused filter, or the one that was being compiled when the time was over;
 *   {@link DaemonError} when the handle cannot be opened
 */
export async function compileFilters(
  request: CompileRequest,
  timeoutMs: number = COMPILE_DEADLINE_MS,
): Promise<CompiledFilters> {
  const { filters } = request;
  const compiled = await askChild(request, timeoutMs);
  const reasons = (of: (result: CompileResult) => string | null): FilterReason[] =>
    compiled.results.flatMap((result, index) => {
      const reason = of(result);
      return reason === null ? [] : [{ filterId: filters[index]!.id, reason }];
    });
  const refusals = reasons((result) => ('refused' in result ? explain(result.refused) : null));
  if (refusals.length > 0) throw new FiltersRefused(refusals);
  return {
    linkType: compiled.linkType,
    linkTypeValue: compiled.linkTypeValue,
    programs: compiled.results.map((result) => ('program' in result ? result.program : MATCH_NOTHING)),
    unmatchable: reasons((result) => ('unmatchable' in result ? result.unmatchable : null)),
  };
}

function askChild(
  request: CompileRequest,
  timeoutMs: number,
): Promise<Extract<CompileAnswer, { type: 'compiled' }>> {
  const child = fork(childEntry('filter-compiler-main'), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  let current: string | null = null;
  return new Promise<Extract<CompileAnswer, { type: 'compiled' }>>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(outOfTime(current, timeoutMs / 1000));
    }, timeoutMs);
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      finish();
    };
    child.on('message', (answer: CompileAnswer) => {
      if (answer.type === 'compiling') {
        // The time that the process took to start is not libpcap's.
        if (current === null) timer.refresh();
        current = answer.id;
      } else if (answer.type === 'failed') settle(() => reject(new DaemonError(answer.code, answer.message)));
      else settle(() => resolve(answer));
    });
    child.once('error', (cause) =>
      settle(() =>
        reject(
          new DaemonError('unavailable', `the filter compiler cannot be started: ${cause.message}`, {
            cause,
          }),
        ),
      ),
    );
    child.once('exit', (code, signal) =>
      settle(() =>
        reject(
          new DaemonError(
            'unavailable',
            `the filter compiler ended with ${signal ?? code} ${current === null ? 'before the first filter' : `at filter "${current}"`}`,
          ),
        ),
      ),
    );
    child.send(request);
  }).finally(() => child.kill('SIGKILL'));
}

function outOfTime(filterId: string | null, seconds: number): DaemonError {
  return filterId === null
    ? new DaemonError('unavailable', `the filter compiler has not started within ${seconds} s`)
    : new FiltersRefused([
        {
          filterId,
          reason: `it takes more than ${seconds} s to compile; use fewer hosts, or networks instead`,
        },
      ]);
}

/** libpcap's words, with what is meant where they say little. */
function explain(words: string): string {
  if (words.includes('rejects all packets')) {
    return `${words}: its conditions exclude each other, so that it could never count anything`;
  }
  return words;
}
