import type { EventCode } from '@ifcast/protocol';

import type { CaptureSource } from '../capture/capture-source.ts';
import type { CaptureStatus } from '../report/description.ts';

/** A change in how an interface is counted. */
export interface News {
  readonly level: 'info' | 'warn' | 'error';
  /** For example `eth0: counting, ebpf socket, wire packets`. */
  readonly text: string;
  /** What an event of it is; `null`: it is worth none. */
  readonly code: EventCode | null;
}

interface Told {
  readonly text: string;
  readonly status: CaptureStatus;
}

/** Finds what is new in the status of capture sources. */
export class StatusNews {
  readonly #told = new WeakMap<CaptureSource, Told>();

  /** @returns `null` when all of it has been told before */
  of(source: CaptureSource): News | null {
    const status = source.status();
    const text = statusLine(source.iface, status);
    const before = this.#told.get(source);
    if (before?.text === text) return null;
    this.#told.set(source, { text, status });
    const level = status.state === 'failed' ? 'error' : status.reason === null ? 'info' : 'warn';
    return { level, text, code: codeOf(before?.status, status) };
  }
}

function codeOf(before: CaptureStatus | undefined, now: CaptureStatus): EventCode | null {
  if (now.state !== 'counting') return 'lost';
  if (before !== undefined && before.state !== 'counting') return before.ended ? 'restarted' : 'back';
  // Of one that counts, the reason is why a backend that would be better does not.
  return now.reason === null ? null : 'fallback';
}

function statusLine(iface: string, { state, reason, backend, hook, packet }: CaptureStatus): string {
  const how = `${backend}${hook === null ? '' : ` ${hook}`}, ${packet} packets`;
  const words = state === 'counting' ? `${state}, ${how}` : state;
  return `${iface}: ${words}${reason === null ? '' : `: ${reason}`}`;
}
