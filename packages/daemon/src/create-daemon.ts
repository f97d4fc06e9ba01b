import { CapSource } from './capture/cap/cap-source.ts';
import type { CaptureSource, CaptureTask, StatusListener } from './capture/capture-source.ts';
import { childEntry } from './capture/child-entry.ts';
import { chooseBackend } from './capture/choose-backend.ts';
import { EbpfSource } from './capture/ebpf/ebpf-source.ts';
import { ReplaySource } from './capture/file/replay-source.ts';
import type { Config } from './config/config.ts';
import { Daemon } from './daemon.ts';
import type { Log } from './log.ts';
import { EmbeddedPublisher } from './outputs/mqtt/embedded-publisher.ts';
import { MqttPublisher } from './outputs/mqtt/mqtt-publisher.ts';
import type { Publisher } from './outputs/output.ts';
import { defaultRouteInterface } from './sys/default-route.ts';
import { linkSpeedMbit, probeInterface } from './sys/network-interface.ts';
import { VERSION } from './version.ts';

/**
 * Builds the daemon from its real parts.
 *
 * @param replay - a capture file that is played in place of the interface that `auto` would find
 */
export function createDaemon(config: Config, log: Log, replay: string | null = null): Daemon {
  return new Daemon(config, {
    version: VERSION,
    log,
    defaultInterface: () => (replay === null ? defaultRouteInterface() : ReplaySource.interfaceName(replay)),
    linkSpeed: linkSpeedMbit,
    createSource: (current, task, onStatus) =>
      replay === null ? createSource(current, task, log, onStatus) : new ReplaySource(replay, task),
    createPublisher: (current) => createPublisher(current, log),
  });
}

function createSource(config: Config, task: CaptureTask, log: Log, onStatus: StatusListener): CaptureSource {
  const common = { task, probe: probeInterface, log, onStatus };
  const { backend, insteadOf } = chooseBackend(config);
  if (backend === 'ebpf') return new EbpfSource({ ...common, hook: config.hook, count: config.count });
  if (insteadOf !== null) log.warn(`${task.iface}: ${insteadOf}`);
  return new CapSource({ ...common, workerEntry: childEntry('cap-worker-main'), insteadOf });
}

function createPublisher(config: Config, log: Log): Publisher {
  const { mqtt, host, homeAssistant } = config;
  const create = (urls: readonly string[]) => new MqttPublisher({ urls, host, mqtt, homeAssistant }, log);
  if (mqtt.urls !== 'embedded') return create(mqtt.urls);
  return new EmbeddedPublisher(log, (url) => create([url]));
}
