import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';

import { DaemonError } from '../../base/daemon-error.ts';
import type { ListenAddress, PrometheusConfig } from '../../config/prometheus-settings.ts';
import type { InterfaceSnapshot } from '../../report/counts.ts';
import type { Description, OutputStatus } from '../../report/description.ts';
import type { Vitals } from '../../report/vitals.ts';
import type { Output, OutputContext, OutputKind } from '../output.ts';
import { type ExpositionFormat, exposition } from './exposition.ts';
import { metrics } from './metrics.ts';
import { promacctMetrics } from './promacct.ts';
import { ScrapeServer } from './scrape-server.ts';
import { TextFile } from './text-file.ts';

/** node_exporter is scraped every 15 s as a rule, and a flash disk is worth the pause. */
const TEXT_FILE_INTERVAL_MS = 10_000;
/** After it could not be written. */
const TEXT_FILE_RETRY_MS = 1_000;

/** Metrics for Prometheus: answers scrapes, and writes the file that node_exporter reads. */
export class PrometheusOutput implements Output {
  readonly #settings: PrometheusConfig;
  readonly #context: OutputContext;
  readonly #server: ScrapeServer | null;
  readonly #file: TextFile | null;
  #description: Description | null = null;
  #snapshots: readonly InterfaceSnapshot[] = [];
  #vitals: Vitals | null = null;
  /** On the monotonic clock. */
  #nextWriteMs = 0;
  #fileProblem: string | null = null;

  constructor(settings: PrometheusConfig, context: OutputContext) {
    const { listen, textfile } = settings;
    this.#settings = settings;
    this.#context = context;
    this.#server = listen === null ? null : new ScrapeServer(listen, (format) => this.#expose(format));
    this.#file = textfile === null ? null : new TextFile(textfile);
  }

  async start(): Promise<void> {
    try {
      await this.#server?.start();
    } catch (cause) {
      throw new DaemonError('unavailable', listenFailure(this.#settings, cause), { cause });
    }
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    await this.#file?.remove().catch(() => {});
  }

  describe(description: Description): void {
    this.#description = description;
  }

  async publish(snapshots: readonly InterfaceSnapshot[]): Promise<void> {
    this.#snapshots = snapshots;
    if (this.#file === null || performance.now() < this.#nextWriteMs) return;
    this.#nextWriteMs = performance.now() + TEXT_FILE_INTERVAL_MS;
    try {
      await this.#file.write(this.#expose('text'));
      this.#tellOfFile(null);
    } catch (error) {
      this.#nextWriteMs = performance.now() + TEXT_FILE_RETRY_MS;
      this.#tellOfFile(`the text file cannot be written: ${(error as Error).message}`);
    }
  }

  health(vitals: Vitals): void {
    this.#vitals = vitals;
  }

  status(): OutputStatus {
    const { listen, textfile } = this.#settings;
    const url = listen === null ? [] : [`http://${formatAddress(listen)}/metrics`];
    const where = [...url, ...(textfile === null ? [] : [textfile])].join(', ');
    const reason = this.#fileProblem;
    return { state: reason === null ? 'running' : 'failed', reason, where };
  }

  #expose(format: ExpositionFormat): Iterable<string> {
    const description = this.#description;
    if (description === null) return exposition([], format);
    const snapshots = this.#snapshots;
    const observation = { description, snapshots, vitals: this.#vitals, outputs: this.#context.outputs() };
    const promacct = this.#settings.promacct ? [promacctMetrics(description, snapshots)] : [];
    return exposition([...metrics(observation), ...promacct], format);
  }

  #tellOfFile(problem: string | null): void {
    if (problem === this.#fileProblem) return;
    this.#fileProblem = problem;
    if (problem !== null) this.#context.log.error(`prometheus: ${problem}`);
    else this.#context.log.info('prometheus: the text file is written again');
    this.#context.onStatus();
  }
}

function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function listenFailure({ listen }: PrometheusConfig, cause: unknown): string {
  const address = listen === null ? '' : formatAddress(listen);
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `another program listens on ${address}: end it, or give prometheus.listen another port`;
  if (code === 'EADDRNOTAVAIL') return `${address} is no address of this machine: change prometheus.listen`;
  if (code === 'EACCES')
    return `ifcastd may not listen on ${address}: give prometheus.listen a port from 1024 on`;
  return `cannot listen on ${address}: ${message}`;
}

async function examine(settings: PrometheusConfig): Promise<string | null> {
  const { listen, textfile } = settings;
  if (listen !== null) {
    const server = new ScrapeServer(listen, () => []);
    try {
      await server.start();
    } catch (cause) {
      return listenFailure(settings, cause);
    } finally {
      await server.stop();
    }
  }
  if (textfile === null) return null;
  try {
    accessSync(dirname(textfile), constants.W_OK);
    return null;
  } catch (error) {
    return `${textfile} cannot be written: ${(error as Error).message}`;
  }
}

/** Metrics for Prometheus, and for node_exporter to take with it. */
export const PROMETHEUS_OUTPUT: OutputKind<PrometheusConfig> = {
  name: 'prometheus',
  settings: ({ prometheus }) =>
    prometheus.listen === null && prometheus.textfile === null ? null : prometheus,
  examine,
  create: (settings, context) => new PrometheusOutput(settings, context),
};
