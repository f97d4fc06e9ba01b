import type { Log } from '../base/log.ts';
import type { Config } from '../config/config.ts';
import type { InterfaceSnapshot } from '../report/counts.ts';
import type { Description, OutputDescription, OutputStatus } from '../report/description.ts';
import type { DaemonEvent } from '../report/event.ts';
import type { TriggerEvent } from '../report/triggers.ts';
import type { Vitals } from '../report/vitals.ts';

/**
 * Takes what the daemon knows and tells it to somebody. What cannot be told now is dropped: an output keeps nothing for
 * later, and is never waited for.
 */
export interface Output {
  /**
   * Begins. Resolves without waiting for anybody who may come later, such as a broker that cannot be reached.
   *
   * @throws DaemonError for what the settings ask for and the machine does not give, such as a port that is taken
   */
  start(): Promise<void>;
  /** Says goodbye; resolves within 3 s whatever the other end does. Also called after a `start` that has failed. */
  stop(): Promise<void>;
  /** Called after `start` and before anything else, and whenever filters, interfaces or states have changed. */
  describe(description: Description): void;
  /**
   * Called every `delay_ms` with the snapshots of all interfaces, which all outputs share.
   *
   * @returns a promise where that takes time; until it settles, the snapshots of later ticks are not handed on
   */
  publish(snapshots: readonly InterfaceSnapshot[]): void | Promise<void>;
  /** Called every 60 s, and when a problem comes or goes. */
  health(vitals: Vitals): void;
  /** Called when a trigger has fired, and when the command that it ran has ended. */
  triggered?(event: TriggerEvent): void;
  /** Called when something has happened that the log tells too. */
  happened?(event: DaemonEvent): void;
  status(): OutputStatus;
}

/** What every output is given. */
export interface OutputContext {
  readonly log: Log;
  /** To be called when `status()` has changed. */
  readonly onStatus: () => void;
  /** How all outputs do now. */
  readonly outputs: () => readonly OutputDescription[];
}

/** A kind of output: what it takes of the configuration, and how it is made from that. */
export interface OutputKind<Settings = unknown> {
  /** The name of its table in the configuration. */
  readonly name: string;
  /**
   * The settings that it takes; `null` where it is switched off. A reload replaces the output when, and only when, they
   * are others than before.
   */
  settings(config: Config): Settings | null;
  /**
   * Looks whether this machine would let it work now, and leaves nothing behind.
   *
   * @returns what is in the way, one sentence with its remedy; `null` for nothing
   */
  examine?(settings: Settings): Promise<string | null>;
  /**
   * Makes the output, which does nothing before its `start`.
   *
   * @throws DaemonError for settings that cannot be used
   */
  create(settings: Settings, context: OutputContext): Output;
}
