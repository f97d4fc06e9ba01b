import type { UserIds } from '../sys/give-up-privileges.ts';

/** What the thread that runs commands is started with. */
export interface RunnerData {
  /** `null`: the daemon's own user. */
  readonly user: UserIds | null;
}

/** To the thread. */
export type RunnerRequest =
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly argv: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly timeoutMs: number;
    }
  /** Ends all that runs. */
  | { readonly kind: 'stop' };

/** How a command ended. */
export interface CommandEnd {
  /** `null` where it was not started, or was ended by a signal. */
  readonly exit: number | null;
  /** One sentence for the log, `null` when it ended by itself with 0. */
  readonly fault: string | null;
}

/** From the thread. */
export type RunnerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'output'; readonly id: number; readonly line: string }
  | ({ readonly kind: 'end'; readonly id: number } & CommandEnd);
