import { isDeepStrictEqual } from 'node:util';
import { DaemonError } from '../base/daemon-error.ts';
import type { Log } from '../base/log.ts';
import type { TriggerConfig } from '../config/trigger-settings.ts';
import { type FilterTotals, type InterfaceCounts, packetsOf } from '../report/counts.ts';
import type { TriggerEvent, TriggerTotals } from '../report/triggers.ts';
import type { UserIds } from '../sys/give-up-privileges.ts';
import type { CommandEnd } from './command-messages.ts';
import { commandEnvironment, type Firing, filledMessage } from './firing.ts';
import type { Command } from './run-command.ts';
import { TriggerState } from './trigger-state.ts';

/** From a packet to what it triggers it takes no longer than this, and a little. */
const LOOK_INTERVAL_MS = 50;
/** What still runs when the daemon stops has so long to end. */
const STOP_MS = 1_500;

/** Runs commands as one user. */
export interface Runner {
  /** @throws the error that keeps it from giving up its privileges */
  start(): Promise<void>;
  run(command: Command): Promise<CommandEnd>;
  stop(deadlineMs: number): Promise<void>;
}

/** The world around the triggers; tests give their own. */
export interface TriggerSurroundings {
  readonly host: () => string;
  /** The interfaces that are counted, with what has been counted on each; `null` where that cannot be read. */
  readonly counts: () => ReadonlyMap<string, InterfaceCounts>;
  readonly createRunner: (user: UserIds | null) => Runner;
  readonly tell: (event: TriggerEvent) => void;
  readonly log: Log;
}

/** One trigger on one interface. */
interface Armed {
  readonly config: TriggerConfig;
  readonly state: TriggerState;
  running: boolean;
  fired: bigint;
  failed: bigint;
}

/** The triggers of the configuration, each on every interface. */
export class Triggers {
  readonly #around: TriggerSurroundings;
  #configs: readonly TriggerConfig[] = [];
  /** By interface and id. */
  #armed = new Map<string, Armed>();
  /** By user id. */
  readonly #runners = new Map<number | null, Runner>();
  #timer: NodeJS.Timeout | undefined;

  constructor(around: TriggerSurroundings) {
    this.#around = around;
  }

  /**
   * Makes sure that the commands of these triggers can be run; changes nothing yet.
   *
   * @throws {@link DaemonError} `noPermission` when a user cannot be taken on
   */
  async prepare(configs: readonly TriggerConfig[]): Promise<void> {
    for (const { command, user, id } of configs) {
      const key = user?.uid ?? null;
      if (command === null || this.#runners.has(key)) continue;
      const runner = this.#around.createRunner(user);
      try {
        await runner.start();
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new DaemonError(
          'noPermission',
          `trigger "${id}" cannot run its command as its user: ${reason}`,
          { cause },
        );
      }
      this.#runners.set(key, runner);
    }
  }

  /** Goes over to these triggers, for which {@link prepare} has been called. One that stays as it was goes on. */
  use(configs: readonly TriggerConfig[]): void {
    this.#configs = configs;
    clearInterval(this.#timer);
    this.#timer = configs.length === 0 ? undefined : setInterval(() => this.#look(), LOOK_INTERVAL_MS);
    // From now on, and not from the first look on.
    this.#look();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop(STOP_MS)));
  }

  /** What the triggers have done on an interface. */
  totals(iface: string): TriggerTotals[] {
    return this.#configs.flatMap(({ id }) => {
      const armed = this.#armed.get(keyOf(iface, id));
      if (armed === undefined) return [];
      const { fired, failed, state } = armed;
      return [{ id, fired, failed, suppressed: state.suppressed }];
    });
  }

  #look(): void {
    const nowMs = performance.now();
    for (const [iface, { filters }] of this.#around.counts()) {
      for (const config of this.#configs) {
        const totals = filters.find(({ id }) => id === config.filter);
        if (totals !== undefined) this.#lookAt(iface, config, totals, nowMs);
      }
    }
  }

  #lookAt(iface: string, config: TriggerConfig, totals: FilterTotals, nowMs: number): void {
    const armed = this.#arm(iface, config);
    const observed = {
      nowMs,
      sinceMs: totals.since.getTime(),
      packets: packetsOf(totals),
      bytes: totals.bytes,
    };
    const cause = armed.state.observe(observed, armed.running);
    if (cause === null) return;
    const { id: trigger, filter } = config;
    this.#fire(armed, { ...cause, trigger, filter, iface, host: this.#around.host(), at: new Date() });
  }

  #arm(iface: string, config: TriggerConfig): Armed {
    const key = keyOf(iface, config.id);
    const before = this.#armed.get(key);
    if (before !== undefined && isDeepStrictEqual(before.config, config)) return before;
    const state = new TriggerState(config.condition, before?.state.suppressed);
    const { running = false, fired = 0n, failed = 0n } = before ?? {};
    const armed: Armed = { config, state, running, fired, failed };
    this.#armed.set(key, armed);
    return armed;
  }

  #fire(armed: Armed, firing: Firing): void {
    const { command, message, condition, user, timeoutMs, id } = armed.config;
    armed.fired++;
    const event = {
      ...firing,
      keepMs: condition.waitMs,
      onLost: () => {
        armed.failed++;
        this.#around.log.warn(
          `trigger ${id}: its message reached no broker within ${condition.waitMs / 1000} s`,
        );
      },
    };
    const sent = message === null ? null : filledMessage(message, firing);
    this.#tell(armed, event, 'fired', null, sent);
    const runner = this.#runners.get(user?.uid ?? null);
    if (command === null || runner === undefined) return;
    armed.running = true;
    const onLine = (line: string): void => this.#around.log.info(`trigger ${id}: ${line}`);
    void runner
      .run({ argv: command, env: commandEnvironment(firing), timeoutMs, onLine })
      .then(({ exit, fault }) => {
        armed.running = false;
        if (fault !== null) {
          armed.failed++;
          this.#around.log.warn(`trigger ${id}: ${command[0]} ${fault}`);
        }
        this.#tell(armed, { ...event, at: new Date() }, 'ended', exit, null);
      });
  }

  #tell(
    { state }: Armed,
    event: Omit<TriggerEvent, 'type' | 'suppressedTotal' | 'exit' | 'message'>,
    type: TriggerEvent['type'],
    exit: number | null,
    message: TriggerEvent['message'],
  ): void {
    const { trigger, iface, at, packets, bytes, packetsTotal, keepMs, onLost } = event;
    const told = { trigger, iface, at, packets, bytes, packetsTotal, keepMs, onLost };
    this.#around.tell({ ...told, type, suppressedTotal: state.suppressed, exit, message });
  }
}

/** No interface has a `/` in its name. */
function keyOf(iface: string, trigger: string): string {
  return `${iface}/${trigger}`;
}
