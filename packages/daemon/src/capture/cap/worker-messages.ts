import type { RawInstruction } from '@ifcast/filter';

/** File descriptor at which a worker finds the shared counters. */
export const COUNTERS_FD = 4;

/** Counter slots in the shared memory: all filters before and after a change, at the same time. */
export const SLOTS = 16;

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
  readonly ringBytes: number;
  readonly members: readonly GroupMember[];
}

/** What the daemon tells a worker. */
export type ToWorker =
  | {
      readonly type: 'start';
      readonly iface: string;
      readonly ethernet: boolean;
      readonly bounds: readonly number[];
    }
  /** Open one more group; answered with `opened` or `failed`. */
  | { readonly type: 'open'; readonly group: Group }
  /** Count no more into these slots. Not answered. */
  | { readonly type: 'drop'; readonly slots: readonly number[] };

/** What a worker tells the daemon. */
export type FromWorker = { readonly type: 'opened' } | { readonly type: 'failed'; readonly reason: string };
