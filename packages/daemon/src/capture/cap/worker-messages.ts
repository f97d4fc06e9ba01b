import type { RawInstruction } from '@ifcast/filter';

/** File descriptor at which a worker finds the shared counters. */
export const COUNTERS_FD = 4;

/** Counter slots in the shared memory: all filters before and after a change, at the same time. */
export const SLOTS = 16;

/** How often a worker shows that it lives, in milliseconds. */
export const HEARTBEAT_MS = 500;

/** What a worker counts. */
export interface WorkerTask {
  readonly iface: string;
  readonly link: WorkerLink;
  /** Ascending inclusive upper bounds, in bytes. */
  readonly bounds: readonly number[];
}

/** What packets begin with: an Ethernet header, IP, or what libpcap makes up. */
export type WorkerLink = 'ethernet' | 'ip' | 'other';

/** A filter that a group counts. */
export interface GroupMember {
  /** Where it counts: see `SizeTally`. */
  readonly slot: number;
  /** The program that decides; `null` when the kernel's filter has decided already. */
  readonly program: readonly RawInstruction[] | null;
}

/** Filters that share one libpcap handle. */
export interface Group {
  /** The tcpdump expression that the kernel runs; `""` for every packet. */
  readonly kernelExpression: string;
  /** The same as a program, where only the kernel can decide; otherwise `null`. */
  readonly kernelProgram: readonly RawInstruction[] | null;
  readonly ringBytes: number;
  readonly members: readonly GroupMember[];
}

/** What the daemon tells a worker. */
export type ToWorker =
  | { readonly type: 'start'; readonly task: WorkerTask }
  /** Open more groups; answered with `opened` or `failed`. */
  | { readonly type: 'open'; readonly groups: readonly Group[] }
  /** Count no more into these slots. Not answered. */
  | { readonly type: 'drop'; readonly slots: readonly number[] };

/** What a worker tells the daemon. */
export type FromWorker = { readonly type: 'opened' } | { readonly type: 'failed'; readonly reason: string };
