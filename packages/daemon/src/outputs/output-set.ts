import { isDeepStrictEqual } from 'node:util';

import { maskSecretsIn } from '@ifcast/broker';
import { DaemonError } from '../base/daemon-error.ts';
import { type Log, tellable } from '../base/log.ts';
import type { Config } from '../config/config.ts';
import type { InterfaceSnapshot } from '../report/counts.ts';
import type { Description, OutputDescription, OutputStatus } from '../report/description.ts';
import type { DaemonEvent } from '../report/event.ts';
import type { TriggerEvent } from '../report/triggers.ts';
import type { Vitals } from '../report/vitals.ts';
import type { Output, OutputKind } from './output.ts';

/** An output that has not started, not stopped or not taken a tick after this time is not waited for any longer. */
const PATIENCE_MS = 5_000;
/** An output that could not be started is tried again so often. */
const RETRY_MS = 10_000;

type Step = 'start' | 'describe' | 'publish' | 'triggered' | 'happened' | 'health';

/** One output and what has gone wrong with it. */
interface Member {
  readonly kind: OutputKind;
  readonly settings: unknown;
  output: Output;
  started: boolean;
  /** It has been described to it who counts what. */
  told: boolean;
  /** It is stopped for good. */
  retired: boolean;
  /** The last failure of each step, until that step succeeds. */
  readonly faults: Map<Step, string>;
  /** Since when it has not finished with a tick, on the monotonic clock. */
  busySinceMs: number | null;
  retry: NodeJS.Timeout | undefined;
}

interface Failure {
  readonly member: Member;
  readonly error: unknown;
}

/** The outputs that the configuration asks for. What one of them throws, rejects or delays touches no other. */
export class OutputSet {
  readonly #kinds: readonly OutputKind[];
  readonly #log: Log;
  readonly #onStatus: () => void;
  #members: readonly Member[] = [];
  #description: Description | null = null;
  #describing = false;

  /** @param onStatus - called when `status()` has changed: describes anew */
  constructor(kinds: readonly OutputKind[], log: Log, onStatus: () => void) {
    this.#kinds = kinds;
    this.#log = log;
    this.#onStatus = onStatus;
  }

  /**
   * Starts every output that is asked for. One that cannot be started is tried again.
   *
   * @throws {@link DaemonError} when none could be started, or one has settings that cannot be used
   */
  async start(config: Config): Promise<void> {
    this.#members = this.#membersFor(config);
    const failures = await this.#startAll(this.#members);
    if (failures.length > 0 && failures.length === this.#members.length) {
      await this.stop();
      throw failures[0]!.error;
    }
    this.#tellFailures(failures);
  }

  async stop(): Promise<void> {
    await this.#stopAll(this.#members);
  }

  /**
   * Goes over to another configuration: replaces the outputs whose settings have changed.
   *
   * @throws {@link DaemonError} when one of them cannot be started; then those of before are started again
   */
  async change(config: Config): Promise<void> {
    const before = this.#members;
    const after = this.#membersFor(config);
    const gone = before.filter((member) => !after.includes(member));
    const fresh = after.filter((member) => !before.includes(member));
    // The old one goes first: both would want the same port, or the same client id.
    await this.#stopAll(gone);
    const failures = await this.#startAll(fresh);
    if (failures.length === 0) {
      this.#members = after;
      return;
    }
    await this.#stopAll(fresh);
    const again = gone.map(({ kind, settings }) => this.#create(kind, settings));
    this.#members = before.map((member) => again[gone.indexOf(member)] ?? member);
    this.#tellFailures(await this.#startAll(again));
    // Nobody else describes anew.
    const description = this.#description;
    if (description !== null) for (const member of again) this.#describe(member, description);
    throw failures[0]!.error;
  }

  /** In the order in which the kinds of output were given. */
  status(): OutputDescription[] {
    return this.#members.map(({ kind: { name }, output, faults }) => {
      const [fault] = faults.values();
      return { name, ...statusOf(output), ...(fault !== undefined && { state: 'failed', reason: fault }) };
    });
  }

  /** One sentence when an output has failed, otherwise `null`. */
  problem(): string | null {
    const failed = this.status().find(({ state }) => state === 'failed');
    return failed === undefined ? null : `output ${failed.name}: ${failed.reason}`;
  }

  describe(description: Description): void {
    // An output whose state changes while it is told is told the next time.
    if (this.#describing) return;
    this.#describing = true;
    this.#description = maskSecretsIn(description);
    for (const member of this.#members) this.#describe(member, this.#description);
    this.#describing = false;
  }

  publish(snapshots: readonly InterfaceSnapshot[]): void {
    for (const member of this.#told) {
      if (member.busySinceMs === null) {
        this.#hand(member, 'publish', () => member.output.publish(snapshots));
      } else if (performance.now() - member.busySinceMs > PATIENCE_MS) {
        this.#failed(
          member,
          'publish',
          `it has not finished with earlier counts within ${PATIENCE_MS / 1000} s`,
        );
      }
    }
  }

  triggered(event: TriggerEvent): void {
    for (const member of this.#told) this.#hand(member, 'triggered', () => member.output.triggered?.(event));
  }

  happened(event: DaemonEvent): void {
    const harmless = { ...event, text: tellable(event.text) };
    for (const member of this.#told) this.#hand(member, 'happened', () => member.output.happened?.(harmless));
  }

  health(vitals: Vitals): void {
    const harmless = maskSecretsIn(vitals);
    for (const member of this.#told) this.#hand(member, 'health', () => member.output.health(harmless));
  }

  /** Those that know already whose counts they are given. */
  get #told(): readonly Member[] {
    return this.#members.filter(({ started, told }) => started && told);
  }

  /** Those of the configuration; what stays as it was is the same member. */
  #membersFor(config: Config): Member[] {
    return this.#kinds.flatMap((kind) => {
      const settings = kind.settings(config);
      if (settings === null) return [];
      const same = this.#members.find(
        (member) => member.kind === kind && isDeepStrictEqual(member.settings, settings),
      );
      return same ?? this.#create(kind, settings);
    });
  }

  #create(kind: OutputKind, settings: unknown): Member {
    return {
      kind,
      settings,
      output: this.#createOutput(kind, settings),
      started: false,
      told: false,
      retired: false,
      faults: new Map(),
      busySinceMs: null,
      retry: undefined,
    };
  }

  #createOutput(kind: OutputKind, settings: unknown): Output {
    return kind.create(settings, {
      log: this.#log,
      onStatus: this.#onStatus,
      outputs: () => this.status(),
    });
  }

  /** @returns those that failed */
  async #startAll(members: readonly Member[]): Promise<Failure[]> {
    const failures: Failure[] = [];
    const start = async (member: Member): Promise<void> => {
      try {
        await patiently(member.output.start(), 'started');
        member.started = !member.retired;
      } catch (error) {
        failures.push({ member, error });
      }
    };
    await Promise.all(members.map(start));
    return failures;
  }

  async #stopAll(members: readonly Member[]): Promise<void> {
    for (const member of members) {
      clearTimeout(member.retry);
      member.retired = true;
      member.started = false;
    }
    await Promise.all(members.map((member) => this.#stopOutput(member)));
  }

  async #stopOutput({ kind, output }: Member): Promise<void> {
    try {
      await patiently(output.stop(), 'stopped');
    } catch (error) {
      this.#log.warn(`output ${kind.name}: ${messageOf(error)}`);
    }
  }

  #tellFailures(failures: readonly Failure[]): void {
    for (const { member, error } of failures) {
      this.#failed(member, 'start', error);
      member.retry = setTimeout(() => void this.#startAgain(member), RETRY_MS);
    }
  }

  async #startAgain(member: Member): Promise<void> {
    await this.#stopOutput(member);
    member.told = false;
    member.output = this.#createOutput(member.kind, member.settings);
    const failures = await this.#startAll([member]);
    if (member.retired) await this.#stopOutput(member);
    else if (failures.length > 0) this.#tellFailures(failures);
    else this.#works(member, 'start');
  }

  #describe(member: Member, description: Description): void {
    if (!member.started) return;
    member.told = true;
    this.#hand(member, 'describe', () => member.output.describe(description));
  }

  /** Hands something on, and takes note of how that went. */
  #hand(member: Member, step: Step, operation: () => void | Promise<void>): void {
    try {
      const done = operation();
      if (done === undefined) {
        this.#works(member, step);
        return;
      }
      member.busySinceMs = performance.now();
      done
        .then(
          () => this.#works(member, step),
          (error: unknown) => this.#failed(member, step, error),
        )
        .finally(() => {
          member.busySinceMs = null;
        });
    } catch (error) {
      this.#failed(member, step, error);
    }
  }

  #works(member: Member, step: Step): void {
    if (!member.faults.delete(step)) return;
    this.#log.info(`output ${member.kind.name}: works again`);
    this.#onStatus();
  }

  #failed(member: Member, step: Step, error: unknown): void {
    const reason = messageOf(error);
    if (member.faults.get(step) === reason) return;
    const known = member.faults.has(step);
    member.faults.set(step, reason);
    // Words that differ every time would fill the log.
    if (known) return;
    this.#log.error(`output ${member.kind.name}: ${reason}`);
    this.#onStatus();
  }
}

function statusOf(output: Output): OutputStatus {
  try {
    return output.status();
  } catch (error) {
    return { state: 'failed', reason: messageOf(error), where: '' };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @throws {@link DaemonError} `unavailable` when it takes too long */
async function patiently(work: Promise<void>, done: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new DaemonError('unavailable', `it has not ${done} within ${PATIENCE_MS / 1000} s`);
    timer = setTimeout(reject, PATIENCE_MS, error);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
