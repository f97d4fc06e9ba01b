/** What the tests of the publishers hand to them: a description, growing counts, configurations, a log that remembers. */
import { DEFAULT_SIZE_UPPER_BOUNDS, type Info } from '@ifcast/protocol';
import { createLog, type Log, type LogLevel } from '../../packages/daemon/src/base/log.ts';
import { embeddedTable } from '../../packages/daemon/src/config/embedded-settings.ts';
import type { HomeAssistantConfig } from '../../packages/daemon/src/config/home-assistant-settings.ts';
import type { MqttConfig } from '../../packages/daemon/src/config/mqtt-settings.ts';
import { infoMessage } from '../../packages/daemon/src/outputs/mqtt/messages.ts';
import type {
  MqttPublisherOptions,
  MqttPublisherTiming,
} from '../../packages/daemon/src/outputs/mqtt/mqtt-publisher.ts';
import type { InterfaceSnapshot } from '../../packages/daemon/src/report/counts.ts';
import type { Description } from '../../packages/daemon/src/report/description.ts';
import type { Vitals } from '../../packages/daemon/src/report/vitals.ts';

export const SINCE: Date = new Date('2026-11-21T08:00:00.000Z');

export const VITALS: Vitals = {
  uptimeS: 61,
  rssBytes: 50_000_000,
  eventLoopLagMsP99: 1.25,
  captureRestarts: 2,
  problem: null,
};

/** Reconnects quickly, and answers a birth at once. */
export const FAST_TIMING: MqttPublisherTiming = {
  connection: {
    backOff: { minMs: 50, maxMs: 400, random: Math.random },
    connectTimeoutMs: 1000,
    failoverTimeoutMs: 300,
    farewellMs: 2000,
    endMs: 500,
  },
  homeAssistant: { settleMs: 100, readMs: 1500, phaseMs: 20, birthJitterMs: 0, random: Math.random },
  now: () => performance.now(),
};

const MQTT: MqttConfig = {
  urls: [],
  topic: 'ifcast',
  version: 'auto',
  clientId: 'ifcast-gw',
  username: null,
  password: null,
  ca: null,
  cert: null,
  key: null,
  servername: null,
  keepaliveS: 10,
  retain: true,
  scalars: false,
  embedded: embeddedTable.default,
};

/** Options of a publisher for host `gw`. */
export function publisherOptions(
  urls: readonly string[],
  mqtt: Partial<MqttConfig> = {},
  homeAssistant: Partial<HomeAssistantConfig> = {},
): MqttPublisherOptions {
  return {
    urls,
    host: 'gw',
    mqtt: { ...MQTT, urls, ...mqtt },
    homeAssistant: {
      enabled: false,
      discoveryPrefix: 'homeassistant',
      discovery: 'device',
      buckets: false,
      units: 'bit/s',
      url: null,
      ...homeAssistant,
    },
    installationOf: () => null,
  };
}

/** A description of host `gw` with these interfaces and filters. */
export function describeHost(
  interfaces: readonly string[] = ['eth0'],
  filters: readonly (string | { readonly id: string; readonly name: string })[] = ['all', 'web'],
  more: Partial<Description> = {},
): Description {
  return {
    version: '0.1.0',
    host: 'gw',
    bootId: 'boot-1',
    startedAt: SINCE,
    delayMs: 500,
    stateIntervalS: 30,
    sizeUpperBounds: DEFAULT_SIZE_UPPER_BOUNDS,
    filters: filters.map((filter) => ({
      ...(typeof filter === 'string' ? { id: filter, name: filter } : filter),
      expression: '',
    })),
    interfaces: interfaces.map((name) => ({
      name,
      backend: 'ebpf',
      hook: 'socket',
      packet: 'wire',
      linkType: 'EN10MB',
      state: 'counting',
      reason: null,
      notes: [],
      gap: { from: SINCE, to: new Date(SINCE.getTime() + 440), totalMs: 440 },
      linkSpeed: 1000,
    })),
    outputs: [{ name: 'mqtt', where: 'mqtt://127.0.0.1:1883', state: 'running', reason: null }],
    triggers: [{ id: 'camera', filter: 'web' }],
    ...more,
  };
}

/** The same as a message. */
export function hostInfo(...host: Parameters<typeof describeHost>): Info {
  return infoMessage(describeHost(...host));
}

/** Counts that grow evenly: every filter has 10 packets of 100 bytes a second. */
export function snapshotAt(
  monotonicMs: number,
  iface = 'eth0',
  filters: readonly string[] = ['all', 'web'],
): InterfaceSnapshot {
  const packets = BigInt(Math.floor(monotonicMs / 100));
  return {
    iface,
    takenAt: new Date(SINCE.getTime() + monotonicMs),
    monotonicMs,
    counts: {
      since: SINCE,
      dropped: 0n,
      filters: filters.map((id) => ({
        id,
        since: SINCE,
        bytes: 100n * packets,
        sizes: [0n, packets, 0n, 0n, 0n, 0n, 0n],
        incoming: { packets: packets / 2n, bytes: 50n * packets },
      })),
    },
  };
}

/** A log and the lines that it has written. */
export function recordingLog(level: LogLevel = 'info'): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  return { log: createLog(level, (line) => lines.push(line.trimEnd()), false), lines };
}

/** Waits for a condition. @throws Error after `deadlineMs` */
export async function until(what: string, condition: () => boolean, deadlineMs = 10_000): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
