import type { Log } from '../base/log.ts';
import { VERSION } from '../base/version.ts';
import { CapSource } from '../capture/cap/cap-source.ts';
import { requireCap } from '../capture/cap/require-cap.ts';
import { WorkerPool } from '../capture/cap/worker-pool.ts';
import type { CaptureSource, CaptureTask, StatusListener } from '../capture/capture-source.ts';
import { EbpfSource } from '../capture/ebpf/ebpf-source.ts';
import { ReplaySource } from '../capture/file/replay-source.ts';
import type { Config } from '../config/config.ts';
import { MQTT_OUTPUT } from '../outputs/mqtt/mqtt-output.ts';
import type { OutputKind } from '../outputs/output.ts';
import { PROMETHEUS_OUTPUT } from '../outputs/prometheus/prometheus-output.ts';
import { SOCKET_OUTPUT } from '../outputs/socket/socket-output.ts';
import { childEntry } from '../sys/child-entry.ts';
import { defaultRouteInterface } from '../sys/default-route.ts';
import { linkSpeedMbit, probeInterface } from '../sys/network-interface.ts';
import { CommandRunner } from '../triggers/command-runner.ts';
import { chooseBackend } from './choose-backend.ts';
import { Daemon } from './daemon.ts';

/** Every output that there is; each has its table in the configuration. */
export const OUTPUTS: readonly OutputKind[] = [MQTT_OUTPUT, PROMETHEUS_OUTPUT, SOCKET_OUTPUT];

/**
 * Builds the daemon from its real parts.
 *
 * @param replay - a capture file that is played in place of the interface that `auto` would find
 * @param onChange - called whenever what the daemon says of itself may have changed
 */
export function createDaemon(
  config: Config,
  log: Log,
  replay: string | null = null,
  onChange: () => void = () => {},
): Daemon {
  const workers = new WorkerPool(childEntry('cap-worker-main'));
  return new Daemon(config, {
    version: VERSION,
    log,
    defaultInterface: () => (replay === null ? defaultRouteInterface() : ReplaySource.interfaceName(replay)),
    linkSpeed: linkSpeedMbit,
    createSource: (current, task, onStatus) =>
      replay === null ? createSource(current, task, log, onStatus, workers) : new ReplaySource(replay, task),
    outputs: OUTPUTS,
    createRunner: (user) => new CommandRunner(childEntry('trigger-runner-main'), user),
    onChange,
  });
}

function createSource(
  config: Config,
  task: CaptureTask,
  log: Log,
  onStatus: StatusListener,
  workers: WorkerPool,
): CaptureSource {
  const common = { task, probe: probeInterface, log, onStatus };
  const { backend, fallbackReason } = chooseBackend(config);
  if (backend === 'ebpf') return new EbpfSource({ ...common, hook: config.hook, packet: config.packet });
  requireCap(fallbackReason);
  return new CapSource({ ...common, workers, ringBytes: config.cap.bufferBytes, fallbackReason });
}
