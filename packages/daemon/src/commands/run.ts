import { closeSync, openSync } from 'node:fs';
import { maskSecrets } from '@ifcast/broker';
import { createLog } from '../base/log.ts';
import { HOOK_CAPABILITIES } from '../capture/ebpf/hook-requirements.ts';
import { locatingRefusals } from '../config/check-expressions.ts';
import type { Config } from '../config/config.ts';
import { formatFault } from '../config/config-error.ts';
import { configFileOf, DEFAULT_CONFIG_FILE, type LoadedConfig, loadGiven } from '../config/load-config.ts';
import type { Overrides } from '../config/settings.ts';
import { createDaemon } from '../daemon/create-daemon.ts';
import { type SignalSource, supervise } from '../daemon/supervise.ts';
import type { CapabilityName } from '../sys/capabilities.ts';
import { confineToCapabilities } from '../sys/confine.ts';
import { type NotifyEnvironment, notifyServiceManager, watchdogIntervalMs } from '../sys/notify.ts';
import { StandardError } from '../sys/standard-error.ts';

/** Why a process of root has more privileges than counting needs. */
const KEPT_WARNING = {
  reading:
    'CAP_DAC_READ_SEARCH is kept, with which every file can be read: without it this program, its configuration or a file named there could not be read again; install the program where every user can read it, and give the files to root',
  all: 'all privileges of root are kept: without them the configuration, or a file that it names, could not be read again; give these files to root',
} as const;
/** Below it a port needs a privilege: ip(7). */
const FIRST_FREE_PORT = 1024;

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
  /** Takes what is written to standard error from now on. */
  readonly replaceStderr: (write: (text: string) => unknown) => void;
  /** Standard error is journald's. */
  readonly journal: boolean;
}

/**
 * `ifcastd`: counts and broadcasts until SIGTERM or SIGINT.
 *
 * @throws DaemonError what no waiting can heal: a faulty configuration, a missing privilege
 */
export async function run(options: RunOptions, surroundings: RunSurroundings): Promise<void> {
  const { env, signals, replaceStderr, journal } = surroundings;
  // Who sits at a terminal means a program that has lost it to end; any other reader of the log may come and go.
  const stderr = new StandardError(() => process.kill(process.pid, 'SIGTERM'));
  replaceStderr((text) => stderr.write(text));
  const load = (): LoadedConfig => loadGiven(options.configFile, { overrides: options.overrides, env });
  const loaded = load();
  const now = journal ? null : () => new Date();
  const log = createLog(loaded.config.logLevel, (line) => stderr.write(line), journal, now);
  const readAgain = (): void => {
    load();
    if (options.replay !== null) closeSync(openSync(options.replay, 'r'));
  };
  const kept = confineToCapabilities(neededCapabilities(loaded.config), readAgain);
  if (kept !== 'needed') log.warn(KEPT_WARNING[kept]);
  for (const warning of loaded.warnings) log.warn(formatFault(warning));
  if (configFileOf(options.configFile) === null) {
    log.info(
      `there is no ${DEFAULT_CONFIG_FILE}: counting with the configuration that "ifcastd init" prints`,
    );
  }
  const notify = (...state: string[]): void => {
    try {
      notifyServiceManager(state.map(maskSecrets), env);
    } catch (error) {
      log.debug(`the service manager is not told: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const daemon = createDaemon(loaded.config, log, options.replay, () => notify(`STATUS=${daemon.summary()}`));
  const reload = async (): Promise<void> => {
    const next = load();
    await locatingRefusals(next, daemon.reload(next.config));
    log.setLevel(next.config.logLevel);
    for (const warning of next.warnings) log.warn(formatFault(warning));
  };
  const supervision = { signals, notify, watchdogIntervalMs: watchdogIntervalMs(env), reload, log };
  await locatingRefusals(loaded, supervise(daemon, supervision));
}

/** What counting and the outputs need, now and after a reload: compiling a filter opens its interface. */
function neededCapabilities({
  backend,
  hook,
  prometheus,
  socket,
  triggers,
}: Config): readonly CapabilityName[] {
  return [
    'CAP_NET_RAW',
    ...(backend === 'cap' ? [] : HOOK_CAPABILITIES[hook]),
    ...((prometheus.listen?.port ?? FIRST_FREE_PORT) < FIRST_FREE_PORT
      ? (['CAP_NET_BIND_SERVICE'] as const)
      : []),
    ...(socket === null || socket.gid === null ? [] : (['CAP_CHOWN'] as const)),
    ...(triggers.some(({ user }) => user !== null) ? (['CAP_SETUID', 'CAP_SETGID'] as const) : []),
  ];
}
