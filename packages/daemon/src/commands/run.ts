import { FiltersRefused } from '../capture/filter-compiler.ts';
import { refusedFaults } from '../config/check-expressions.ts';
import { ConfigError, formatFault } from '../config/config-error.ts';
import {
  configFileOf,
  DEFAULT_CONFIG_FILE,
  type LoadedConfig,
  loadConfig,
  sampleConfig,
} from '../config/load-config.ts';
import type { Overrides } from '../config/settings.ts';
import { createDaemon } from '../create-daemon.ts';
import { createLog } from '../log.ts';
import { type SignalSource, supervise } from '../supervise.ts';
import { type NotifyEnvironment, notifyServiceManager, watchdogIntervalMs } from '../sys/notify.ts';

export interface RunOptions {
  /** `null`: the file of the system, or the built-in configuration. */
  readonly configFile: string | null;
  readonly overrides: Overrides;
  /** A capture file that is played in place of an interface. */
  readonly replay: string | null;
}

/** The process that it runs in. */
export interface RunSurroundings {
  readonly env: NotifyEnvironment & { readonly IFCAST_MQTT_PASSWORD?: string | undefined };
  readonly signals: SignalSource;
  /** Takes one line of the log with its newline. */
  readonly writeLog: (line: string) => void;
  /** Standard error is journald's. */
  readonly journal: boolean;
}

/**
 * `ifcastd`: counts and broadcasts until SIGTERM or SIGINT.
 *
 * @throws DaemonError what no waiting can heal: a faulty configuration, a missing privilege
 */
export async function run(options: RunOptions, surroundings: RunSurroundings): Promise<void> {
  const { env, signals, writeLog, journal } = surroundings;
  const loaded = load(options, env);
  const log = createLog(loaded.config.logLevel, writeLog, journal);
  for (const warning of loaded.warnings) log.warn(formatFault(warning));
  if (configFileOf(options.configFile) === null) {
    log.info(
      `there is no ${DEFAULT_CONFIG_FILE}: counting with the configuration that "ifcastd init" prints`,
    );
  }
  const daemon = createDaemon(loaded.config, log, options.replay);
  const reload = async (): Promise<void> => {
    const next = load(options, env);
    await locating(next, daemon.reload(next.config));
    log.setLevel(next.config.logLevel);
    for (const warning of next.warnings) log.warn(formatFault(warning));
  };
  const notify = (...state: string[]): void => {
    try {
      notifyServiceManager(state, env);
    } catch (error) {
      log.debug(`the service manager is not told: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const supervision = { signals, notify, watchdogIntervalMs: watchdogIntervalMs(env), reload, log };
  await locating(loaded, supervise(daemon, supervision));
}

function load({ configFile, overrides }: RunOptions, env: RunSurroundings['env']): LoadedConfig {
  const file = configFileOf(configFile);
  return file === null ? sampleConfig({ overrides, env }) : loadConfig(file, { overrides, env });
}

/** Gives what libpcap refuses the place in the file that it came from. */
async function locating(loaded: LoadedConfig, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error instanceof FiltersRefused)
      throw new ConfigError(refusedFaults(error, loaded), { cause: error });
    throw error;
  }
}
