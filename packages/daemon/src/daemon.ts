import { randomUUID } from 'node:crypto';

import { type Info, type InfoInterface, topicLevel } from '@ifcast/protocol';

import type { CaptureFilter, CaptureSource, CaptureTask, StatusListener } from './capture/capture-source.ts';
import type { Config } from './config/config.ts';
import { DaemonError } from './daemon-error.ts';
import type { Log } from './log.ts';
import { HEALTH_INTERVAL_S, type InterfaceSnapshot, type Publisher } from './outputs/output.ts';
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
  readonly createPublisher: (config: Config) => Publisher;
}

/** Counts, and hands what it has counted to the publisher every `delay_ms`. */
export class Daemon {
  readonly #parts: DaemonParts;
  readonly #bootId = randomUUID();
  readonly #startedAt = new Date();
  /** Monotonic: the wall clock may be set. */
  readonly #startedMs = performance.now();
  readonly #lag = new TickLag();
  #config: Config;
  #publisher: Publisher;
  #sources: CaptureSource[] = [];
  #tick: NodeJS.Timeout | undefined;
  #health: NodeJS.Timeout | undefined;
  #reading = false;
  #problem: string | null = null;
  /** Restarts of sources that a reload has taken away. */
  #pastRestarts = 0;

  constructor(config: Config, parts: DaemonParts) {
    this.#config = config;
    this.#parts = parts;
    this.#publisher = parts.createPublisher(config);
  }

  /**
   * Starts to count, then to publish.
   *
   * @throws {@link DaemonError} when it can never count or publish: no privilege, an expression refused, no interface
   */
  async start(): Promise<void> {
    this.#sources = this.#tasks(this.#config).map((task) => this.#createSource(this.#config, task));
    try {
      await Promise.all(this.#sources.map((source) => source.start()));
      await this.#publisher.start();
    } catch (error) {
      await Promise.allSettled(this.#sources.map((source) => source.stop()));
      throw error;
    }
    this.#publisher.describe(this.#info());
    this.#startTimers();
    this.#tellHealth();
  }

  /** Says goodbye and stops; resolves within 3 s. */
  async stop(): Promise<void> {
    this.#stopTimers();
    await Promise.all([this.#publisher.stop(), ...this.#sources.map((source) => source.stop())]);
  }

  /**
   * Goes over to another configuration. Filters that stay as they were keep their totals.
   *
   * @throws {@link DaemonError} and goes on with the old one
   */
  async reload(config: Config): Promise<void> {
    const tasks = this.#tasks(config);
    const sameWayOfCounting =
      config.backend === this.#config.backend &&
      config.hook === this.#config.hook &&
      config.count === this.#config.count;
    const old = this.#sources;
    const next: CaptureSource[] = [];
    const started: CaptureSource[] = [];
    const replaced: CaptureSource[] = [];
    try {
      for (const task of tasks) {
        const source = sameWayOfCounting
          ? old.find((candidate) => candidate.iface === task.iface)
          : undefined;
        if (source === undefined) {
          const fresh = this.#createSource(config, task);
          await fresh.start();
          started.push(fresh);
          next.push(fresh);
        } else {
          await source.replace(task);
          replaced.push(source);
          next.push(source);
        }
      }
    } catch (error) {
      await this.#undoReload(started, replaced);
      throw error;
    }
    this.#sources = next;
    const gone = old.filter((source) => !next.includes(source));
    this.#pastRestarts += gone.reduce((sum, source) => sum + source.restarts, 0);
    await Promise.all(gone.map((source) => source.stop()));
    await this.#replacePublisher(config);
    this.#config = config;
    this.#problem = null;
    this.#publisher.describe(this.#info());
    this.#stopTimers();
    this.#startTimers();
    this.#tellHealth();
  }

  /** A sentence for `health.problem`, `null` when all is well again. */
  setProblem(problem: string | null): void {
    this.#problem = problem;
    this.#tellHealth();
  }

  async #undoReload(started: readonly CaptureSource[], replaced: readonly CaptureSource[]): Promise<void> {
    await Promise.all(started.map((source) => source.stop()));
    for (const task of this.#tasks(this.#config)) {
      await replaced.find((source) => source.iface === task.iface)?.replace(task);
    }
  }

  async #replacePublisher(config: Config): Promise<void> {
    const shape = ({ host, mqtt, homeAssistant, delayMs, stateIntervalS }: Config): string =>
      JSON.stringify([host, mqtt, homeAssistant, delayMs, stateIntervalS]);
    if (shape(config) === shape(this.#config)) return;
    await this.#publisher.stop();
    this.#publisher = this.#parts.createPublisher(config);
    await this.#publisher.start();
  }

  #createSource(config: Config, task: CaptureTask): CaptureSource {
    return this.#parts.createSource(config, task, (source) => {
      const { state, reason } = source.status();
      this.#parts.log.info(`${source.iface}: ${state}${reason === null ? '' : `, ${reason}`}`);
      if (this.#tick !== undefined) this.#publisher.describe(this.#info());
    });
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
      void this.#publishCounts();
    }, this.#config.delayMs);
    this.#health = setInterval(() => this.#tellHealth(), HEALTH_INTERVAL_S * 1000);
  }

  #stopTimers(): void {
    clearInterval(this.#tick);
    clearInterval(this.#health);
    this.#tick = undefined;
  }

  async #publishCounts(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      const snapshots = await Promise.all(
        this.#sources.map(
          async (source): Promise<InterfaceSnapshot> => ({
            iface: source.iface,
            counts: await source.read(),
            takenAt: new Date(),
            monotonicMs: performance.now(),
          }),
        ),
      );
      this.#publisher.publish(snapshots);
    } catch (error) {
      this.#parts.log.error(
        `the counters cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    } finally {
      this.#reading = false;
    }
  }

  #tellHealth(): void {
    const failed = this.#sources.map((source) => source.status()).find((status) => status.state === 'failed');
    this.#publisher.health({
      uptimeS: Math.floor((performance.now() - this.#startedMs) / 1000),
      rssBytes: process.memoryUsage.rss(),
      eventLoopLagMsP99: this.#lag.takeP99(),
      captureRestarts: this.#sources.reduce((sum, source) => sum + source.restarts, this.#pastRestarts),
      problem: this.#problem ?? failed?.reason ?? null,
    });
  }

  #info(): Info {
    const config = this.#config;
    return {
      v: 1,
      app: 'ifcast',
      version: this.#parts.version,
      host: config.host,
      boot_id: this.#bootId,
      started_at: this.#startedAt.toISOString(),
      delay_ms: config.delayMs,
      state_interval_s: config.stateIntervalS,
      size_upper_bounds: config.sizeUpperBounds,
      filters: config.filters
        .filter((filter) => filter.enabled)
        .map(({ id, name, expression }) => ({ id, name, expression })),
      interfaces: this.#sources.map((source) => this.#infoInterface(source)),
    };
  }

  #infoInterface(source: CaptureSource): InfoInterface {
    const { backend, hook, count, linkType, state, reason } = source.status();
    return {
      name: source.iface,
      topic: topicLevel(source.iface),
      backend,
      hook,
      count,
      link_type: linkType,
      state,
      reason,
      link_mbit_per_s: this.#parts.linkSpeed(source.iface),
    };
  }
}
