import { randomUUID } from 'node:crypto';

import type { EventCode } from '@ifcast/protocol';

import { DaemonError } from '../base/daemon-error.ts';
import type { Log } from '../base/log.ts';
import type {
  CaptureFilter,
  CaptureSource,
  CaptureTask,
  Replacement,
  StatusListener,
} from '../capture/capture-source.ts';
import type { Config } from '../config/config.ts';
import type { OutputKind } from '../outputs/output.ts';
import { OutputSet } from '../outputs/output-set.ts';
import type { InterfaceCounts, InterfaceSnapshot } from '../report/counts.ts';
import type { Description } from '../report/description.ts';
import { HEALTH_INTERVAL_S } from '../report/vitals.ts';
import type { UserIds } from '../sys/give-up-privileges.ts';
import { type Runner, Triggers } from '../triggers/triggers.ts';
import { Losses } from './losses.ts';
import { StatusNews } from './status-news.ts';
import { TickLag } from './tick-lag.ts';

/** What the daemon is built from; tests give their own. */
export interface DaemonParts {
  readonly version: string;
  readonly log: Log;
  /** The interface of the default route, `null` when there is none. */
  readonly defaultInterface: () => string | null;
  /** Mbit/s, `null` where unknown. */
  readonly linkSpeed: (iface: string) => number | null;
  readonly createSource: (config: Config, task: CaptureTask, onStatus: StatusListener) => CaptureSource;
  /** Those that there are; the configuration says which of them are in use. */
  readonly outputs: readonly OutputKind[];
  /** Runs the commands of triggers as a user, `null`: as this one without its privileges. */
  readonly createRunner: (user: UserIds | null) => Runner;
  /** Called whenever `summary()` may have changed. */
  readonly onChange: () => void;
}

/** Counts, and hands what it has counted to the outputs every `delay_ms`. */
export class Daemon {
  readonly #parts: DaemonParts;
  readonly #bootId = randomUUID();
  readonly #startedAt = new Date();
  /** Monotonic: the wall clock may be set. */
  readonly #startedMs = performance.now();
  readonly #lag = new TickLag();
  #config: Config;
  readonly #outputs: OutputSet;
  readonly #triggers: Triggers;
  #sources: CaptureSource[] = [];
  #stopping = false;
  #tick: NodeJS.Timeout | undefined;
  #health: NodeJS.Timeout | undefined;
  #problem: string | null = null;
  /** The problem that the outputs were told last. */
  #toldProblem: string | null = null;
  readonly #news = new StatusNews();
  readonly #losses = new Losses();
  /** Restarts of sources that a reload has taken away. */
  #pastRestarts = 0;

  constructor(config: Config, parts: DaemonParts) {
    this.#config = config;
    this.#parts = parts;
    this.#outputs = new OutputSet(parts.outputs, parts.log, () => this.#describe());
    this.#triggers = new Triggers({
      host: () => this.#config.host,
      counts: () => this.#counts(),
      createRunner: parts.createRunner,
      tell: (event) => this.#outputs.triggered(event),
      log: parts.log,
    });
  }

  /**
   * Starts to count, and to tell as soon as the first interface is counted or waited for: what no waiting can heal has
   * mostly shown by then. Resolves when all have been opened.
   *
   * @throws {@link DaemonError} when it can never count or tell anybody: no privilege, an expression refused, no interface
   */
  async start(): Promise<void> {
    this.#sources = this.#tasks(this.#config).map((task) => this.#createSource(this.#config, task));
    const [first, ...others] = this.#sources;
    try {
      await this.#triggers.prepare(this.#config.triggers);
      await first?.start();
      await this.#outputs.start(this.#config);
      if (this.#stopping) return;
      this.#startTimers();
      this.#describe();
      this.#tellHealth();
      // One after the other: loading a program holds the main loop, and between two of them the outputs have their turn.
      for (const source of others) {
        if (this.#stopping) return;
        await source.start();
      }
    } catch (error) {
      await Promise.allSettled([this.stop()]);
      throw error;
    }
    this.#triggers.use(this.#config.triggers);
  }

  /** Says goodbye and stops; resolves within 3 s. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopTimers();
    await Promise.all([
      this.#outputs.stop(),
      this.#triggers.stop(),
      ...this.#sources.map((source) => source.stop()),
    ]);
  }

  /**
   * Goes over to another configuration, all of it or nothing. Filters that stay as they were keep their totals.
   *
   * @throws {@link DaemonError} and goes on with the old one
   */
  async reload(config: Config): Promise<void> {
    const old = this.#sources;
    const next: CaptureSource[] = [];
    const prepared: Replacement[] = [];
    const fresh: CaptureSource[] = [];
    try {
      for (const task of this.#tasks(config)) {
        let source = this.#sourceToKeep(config, task);
        if (source === undefined) {
          source = this.#createSource(config, task);
          await source.start();
          fresh.push(source);
        } else prepared.push(await source.prepare(task));
        next.push(source);
      }
      await this.#triggers.prepare(config.triggers);
      await this.#outputs.change(config);
    } catch (error) {
      const steps = [...fresh.map((source) => source.stop()), ...prepared.map((each) => each.discard())];
      await Promise.all(steps);
      throw error;
    }
    // Nothing of what follows can fail.
    this.#config = config;
    this.#sources = next;
    const gone = old.filter((source) => !next.includes(source));
    this.#pastRestarts += gone.reduce((sum, source) => sum + source.restarts, 0);
    await Promise.all([...prepared.map((each) => each.commit()), ...gone.map((source) => source.stop())]);
    this.#problem = null;
    this.#stopTimers();
    this.#startTimers();
    this.#triggers.use(config.triggers);
    this.#describe();
    this.#tellHealth();
  }

  /** The source that counts the interface already, in the way that is asked for. */
  #sourceToKeep({ backend, hook, packet }: Config, { iface }: CaptureTask): CaptureSource | undefined {
    const now = this.#config;
    const sameWay = backend === now.backend && hook === now.hook && packet === now.packet;
    return sameWay ? this.#sources.find((source) => source.iface === iface) : undefined;
  }

  /** A sentence for `health.problem`, `null` when all is well again. */
  setProblem(problem: string | null): void {
    this.#problem = problem;
    this.#tellHealth();
  }

  /** Tells the outputs what the log was told. */
  happened(code: EventCode, text: string, iface: string | null = null): void {
    this.#outputs.happened({ code, at: new Date(), iface, text });
  }

  #createSource(config: Config, task: CaptureTask): CaptureSource {
    return this.#parts.createSource(config, task, (source) => {
      this.#tellNews(source);
      this.#describe();
    });
  }

  #tellNews(source: CaptureSource): void {
    const news = this.#news.of(source);
    if (news === null) return;
    const { level, text, code } = news;
    this.#parts.log[level](text);
    if (code !== null) this.happened(code, text, source.iface);
  }

  #tellLosses(snapshots: readonly InterfaceSnapshot[]): void {
    for (const snapshot of snapshots) {
      const lost = this.#losses.of(snapshot);
      if (lost === 0n) continue;
      const text = `${snapshot.iface}: ${lost} ${lost === 1n ? 'packet was' : 'packets were'} lost before being counted`;
      this.#parts.log.warn(text);
      this.happened('dropped', text, snapshot.iface);
    }
  }

  /** @throws {@link DaemonError} when `auto` finds no interface */
  #tasks(config: Config): CaptureTask[] {
    const filters = config.filters
      .filter((filter) => filter.enabled)
      .map(({ id, expression }): CaptureFilter => ({ id, expression }));
    return this.#interfaces(config).map((iface) => ({
      iface,
      filters,
      sizeUpperBounds: config.sizeUpperBounds,
    }));
  }

  #interfaces(config: Config): readonly string[] {
    if (config.interfaces !== 'auto') return config.interfaces;
    // What was chosen at the start stays: a route that comes and goes must not move the counters.
    if (this.#config.interfaces === 'auto' && this.#sources.length > 0) {
      return this.#sources.map((source) => source.iface);
    }
    const iface = this.#parts.defaultInterface();
    if (iface === null) {
      throw new DaemonError(
        'unavailable',
        'interface = "auto" found no default route; name the interface in the configuration or with --interface',
      );
    }
    return [iface];
  }

  #startTimers(): void {
    let expected = performance.now() + this.#config.delayMs;
    this.#tick = setInterval(() => {
      const now = performance.now();
      this.#lag.add(Math.max(0, now - expected));
      expected = now + this.#config.delayMs;
      this.#publishCounts();
    }, this.#config.delayMs);
    this.#health = setInterval(() => this.#tellHealth(), HEALTH_INTERVAL_S * 1000);
  }

  #stopTimers(): void {
    clearInterval(this.#tick);
    clearInterval(this.#health);
    this.#tick = undefined;
  }

  #publishCounts(): void {
    const snapshots = [...this.#counts()].map(
      ([iface, counts]): InterfaceSnapshot => ({
        iface,
        counts,
        triggers: this.#triggers.totals(iface),
        takenAt: new Date(),
        monotonicMs: performance.now(),
      }),
    );
    this.#outputs.publish(snapshots);
    this.#tellLosses(snapshots);
  }

  /** By interface. One whose counters cannot be read is absent: the others go on. */
  #counts(): Map<string, InterfaceCounts> {
    const counts = new Map<string, InterfaceCounts>();
    for (const source of this.#sources) {
      try {
        counts.set(source.iface, source.read());
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#parts.log.error(`${source.iface}: the counters cannot be read: ${reason}`);
      }
    }
    return counts;
  }

  /** One line: what is counted and told, and what is not and why. */
  summary(): string {
    const states = this.#sources.map((source) => ({ source, ...source.status() }));
    const counting = states.filter(({ state }) => state === 'counting').map(({ source }) => source.iface);
    const parts = [
      ...(counting.length === 0 ? [] : [`counting ${counting.join(', ')}`]),
      ...states
        .filter(({ state }) => state !== 'counting')
        .map(({ source, state, reason }) => `${source.iface} ${state}: ${reason}`),
      ...this.#outputs
        .status()
        .filter(({ state, reason }) => state !== 'running' && reason !== null)
        .map(({ name, state, reason }) => `${name} ${state}: ${reason}`),
      ...(this.#problem === null ? [] : [this.#problem]),
    ];
    return parts.join('; ');
  }

  #tellHealth(): void {
    this.#toldProblem = this.#currentProblem();
    this.#outputs.health({
      uptimeS: Math.floor((performance.now() - this.#startedMs) / 1000),
      rssBytes: process.memoryUsage.rss(),
      eventLoopLagMsP99: this.#lag.takeP99(),
      captureRestarts: this.#sources.reduce((sum, source) => sum + source.restarts, this.#pastRestarts),
      problem: this.#toldProblem,
    });
  }

  /** One sentence, `null` when all is well. */
  #currentProblem(): string | null {
    const failed = this.#sources.map((source) => source.status()).find(({ state }) => state === 'failed');
    return this.#problem ?? failed?.reason ?? this.#outputs.problem();
  }

  /** Tells the outputs who counts what; nothing before the end of the start. */
  #describe(): void {
    if (this.#tick === undefined) return;
    this.#outputs.describe(this.#description());
    if (this.#currentProblem() !== this.#toldProblem) this.#tellHealth();
    this.#parts.onChange();
  }

  #description(): Description {
    const config = this.#config;
    return {
      version: this.#parts.version,
      host: config.host,
      bootId: this.#bootId,
      startedAt: this.#startedAt,
      delayMs: config.delayMs,
      stateIntervalS: config.stateIntervalS,
      sizeUpperBounds: config.sizeUpperBounds,
      filters: config.filters
        .filter((filter) => filter.enabled)
        .map(({ id, name, expression }) => ({ id, name, expression })),
      interfaces: this.#sources.map((source) => ({
        ...source.status(),
        name: source.iface,
        linkSpeed: this.#parts.linkSpeed(source.iface),
      })),
      outputs: this.#outputs.status(),
      triggers: config.triggers.map(({ id, filter }) => ({ id, filter })),
    };
  }
}
