import { readFileSync, realpathSync } from 'node:fs';
import { release } from 'node:os';

import { readRetained } from '@ifcast/broker';
import { HOOK_NAMES, type HookName, topicOf } from '@ifcast/protocol';
import { DaemonError, EXIT } from '../base/daemon-error.ts';
import { tellable } from '../base/log.ts';
import { requireCap } from '../capture/cap/require-cap.ts';
import { HOOK_CAPABILITIES } from '../capture/ebpf/hook-requirements.ts';
import { probeEbpf } from '../capture/ebpf/probe.ts';
import { explainXdpBusy } from '../capture/ebpf/xdp-busy.ts';
import type { Config } from '../config/config.ts';
import type { TriggerConfig } from '../config/trigger-settings.ts';
import { chooseBackend } from '../daemon/choose-backend.ts';
import { OUTPUTS } from '../daemon/create-daemon.ts';
import { discoveryFilters } from '../outputs/home-assistant/discovery.ts';
import { CAPABILITY, type CapabilityName, missingCapabilities } from '../sys/capabilities.ts';
import { defaultRouteInterface } from '../sys/default-route.ts';
import { libpcapVersion, openLive } from '../sys/libpcap.ts';
import { activeOffloads, linkSpeedMbit, probeInterface } from '../sys/network-interface.ts';
import { findXdpProgram } from '../sys/xdp-program.ts';
import { whyNotExecutable } from '../triggers/executable.ts';
import type { CommandOutput } from './count.ts';
import { visitOf } from './visit-of.ts';

const JIT_SWITCH = '/proc/sys/net/core/bpf_jit_enable';

/** `ok`; `note`: the daemon runs without it; otherwise the exit code with which it would end. */
type Verdict = 'ok' | 'note' | number;

/** One line of what the doctor says. */
interface Finding {
  readonly subject: string;
  readonly verdict: Verdict;
  /** What is found, and the remedy where it is not well. */
  readonly text: string;
}

/**
 * `ifcastd doctor`: what this host allows, a line each, with a remedy for what it does not.
 *
 * @returns the exit code: 0 when the daemon would run
 */
export async function runDoctor(config: Config, output: CommandOutput): Promise<number> {
  const interfaces = config.interfaces === 'auto' ? [] : config.interfaces;
  const auto = config.interfaces === 'auto' ? defaultRouteInterface() : null;
  const named = [...interfaces, ...(auto === null ? [] : [auto])];
  const findings = [
    kernel(),
    ...HOOK_NAMES.map(hook),
    jit(),
    capabilities(config),
    libpcap(),
    capPackage(),
    backend(config),
    ...(config.interfaces === 'auto' ? [defaultRoute(auto)] : []),
    ...named.flatMap((name) => networkInterface(name, config)),
    ...(await broker(config, named)),
    ...(await outputs(config)),
    ...config.triggers.flatMap(triggerCommand),
  ];
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  for (const { verdict, subject, text } of findings) {
    const word = typeof verdict === 'number' ? 'FAIL' : verdict;
    output.out(`${word.padEnd(4)}  ${subject.padEnd(width)}  ${tellable(text)}`);
  }
  const failure = findings.find(({ verdict }) => typeof verdict === 'number')?.verdict;
  return typeof failure === 'number' ? failure : EXIT.ok;
}

function kernel(): Finding {
  return { subject: 'kernel', verdict: 'ok', text: release() };
}

function hook(name: HookName): Finding {
  const subject = `eBPF ${name}`;
  const probed = probeEbpf(name);
  if (probed.possible)
    return { subject, verdict: 'ok', text: `packets can be counted with hook = "${name}"` };
  return { subject, verdict: 'note', text: probed.reason };
}

function jit(): Finding {
  const subject = 'eBPF JIT';
  try {
    const on = readFileSync(JIT_SWITCH, 'utf8').trim() !== '0';
    if (on) return { subject, verdict: 'ok', text: 'on' };
    return {
      subject,
      verdict: 'note',
      text: 'off: programs are interpreted; sysctl -w net.core.bpf_jit_enable=1',
    };
  } catch {
    return { subject, verdict: 'note', text: `unknown: ${JIT_SWITCH} cannot be read` };
  }
}

function capabilities({ hook }: Config): Finding {
  const names = Object.keys(CAPABILITY) as CapabilityName[];
  const missing = missingCapabilities(names);
  const held = names.filter((name) => !missing.includes(name));
  const needed = HOOK_CAPABILITIES[hook];
  const has = held.length === 0 ? 'none' : held.join(' ');
  const subject = 'capabilities';
  if (missingCapabilities(needed).length === 0) return { subject, verdict: 'ok', text: has };
  const grant = `sudo setcap ${needed.join(',').toLowerCase()}+ep ${realpathSync(process.execPath)}`;
  return {
    subject,
    verdict: 'note',
    text: `${has}: to count with eBPF run as root, or as config/systemd/ifcastd.service does, or after: ${grant}`,
  };
}

function libpcap(): Finding {
  try {
    return { subject: 'libpcap', verdict: 'ok', text: libpcapVersion() };
  } catch (error) {
    return failed('libpcap', error);
  }
}

function capPackage(): Finding {
  const subject = 'cap';
  try {
    requireCap(null);
    return { subject, verdict: 'ok', text: 'the npm package can be loaded' };
  } catch (error) {
    return { ...failed(subject, error), verdict: 'note' };
  }
}

/** What would count, and whether it may. */
function backend(config: Config): Finding {
  const { backend, fallbackReason } = chooseBackend(config);
  const subject = 'backend';
  if (backend === 'ebpf') {
    const probed = probeEbpf(config.hook);
    if (probed.possible) return { subject, verdict: 'ok', text: `ebpf, hook = "${config.hook}"` };
    return { subject, verdict: new DaemonError(probed.code, probed.reason).exitCode, text: probed.reason };
  }
  if (missingCapabilities(['CAP_NET_RAW']).length > 0) {
    const text = 'cap needs CAP_NET_RAW: run as root, or as config/systemd/ifcastd.service does';
    return { subject, verdict: EXIT.noPermission, text };
  }
  try {
    requireCap(fallbackReason);
  } catch (error) {
    return failed(subject, error);
  }
  return {
    subject,
    verdict: fallbackReason === null ? 'ok' : 'note',
    text: fallbackReason === null ? 'cap' : `cap; ${fallbackReason}`,
  };
}

function defaultRoute(iface: string | null): Finding {
  const subject = 'default route';
  if (iface !== null) return { subject, verdict: 'ok', text: iface };
  return { subject, verdict: EXIT.unavailable, text: 'there is none: name the interface, --interface eth0' };
}

function networkInterface(name: string, { hook }: Config): Finding[] {
  const subject = `interface ${name}`;
  const facts = probeInterface(name);
  if (facts === null)
    return [{ subject, verdict: 'note', text: 'is not there: the daemon would wait for it' }];
  const speed = linkSpeedMbit(name);
  const offloads = activeOffloads(name);
  const words = [
    facts.up ? 'up' : 'down: the daemon would wait for it',
    linkType(name),
    ...(speed === null ? [] : [`${speed} Mbit/s`]),
    ...(offloads.length === 0
      ? []
      : [`${offloads.join(', ')} on: only packet = "wire" shows the sizes on the wire`]),
  ];
  const other = hook === 'xdp' ? findXdpProgram(facts.ifindex) : null;
  return [
    { subject, verdict: facts.up ? 'ok' : 'note', text: words.join('; ') },
    ...(other?.linked === true
      ? [{ subject, verdict: 'note' as const, text: explainXdpBusy(name, other) }]
      : []),
  ];
}

function linkType(name: string): string {
  try {
    const handle = openLive(name);
    try {
      return `link type ${handle.linkTypeName}`;
    } finally {
      handle.close();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function broker(
  { host, mqtt, homeAssistant }: Config,
  interfaces: readonly string[],
): Promise<Finding[]> {
  if (mqtt.urls === 'embedded') return [{ subject: 'broker', verdict: 'ok', text: 'embedded' }];
  const { discoveryPrefix } = homeAssistant;
  try {
    const filters = [`${discoveryPrefix}/status`, ...discoveryFilters(discoveryPrefix, '+')];
    const visit = await readRetained(visitOf(mqtt, mqtt.urls), filters);
    const { broker, version, retained } = visit;
    const topics = interfaces.map((iface) => topicOf(mqtt.topic, { kind: 'stats', host, iface }));
    const accepted = await Promise.all(topics.map((topic) => visit.accepts(topic)));
    await visit.connection.close(1000);
    return [
      { subject: 'broker', verdict: 'ok', text: `${broker} speaks MQTT ${version === 5 ? '5' : '3.1.1'}` },
      permission(topics.filter((_, i) => accepted[i] === false)),
      homeAssistantSeen(discoveryPrefix, retained),
    ];
  } catch (error) {
    const text = `${error instanceof Error ? error.message : String(error)}; the daemon would go on trying`;
    return [{ subject: 'broker', verdict: 'note', text }];
  }
}

/** Those beside MQTT that are switched on. */
async function outputs(config: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, settings: settingsOf, examine } of OUTPUTS) {
    const settings = settingsOf(config);
    if (settings === null || examine === undefined) continue;
    const fault = await examine(settings);
    const text = fault === null ? 'it would work' : `${fault}; counting would go on`;
    findings.push({ subject: `output ${name}`, verdict: fault === null ? 'ok' : 'note', text });
  }
  return findings;
}

function triggerCommand({ id, command, user }: TriggerConfig): Finding[] {
  if (command === null) return [];
  const subject = `trigger ${id}`;
  const missing = user === null ? [] : missingCapabilities(['CAP_SETUID', 'CAP_SETGID']);
  const fault =
    missing.length > 0
      ? `its command cannot run as another user without ${missing.join(' and ')}: run ifcastd as root`
      : whyNotExecutable(command[0]!);
  return [{ subject, verdict: fault === null ? 'ok' : 'note', text: fault ?? `would run ${command[0]}` }];
}

/** Whether the broker lets this user publish. */
function permission(refused: readonly string[]): Finding {
  const subject = 'publishing';
  if (refused.length === 0) return { subject, verdict: 'ok', text: 'the broker takes what is published' };
  const text = `the broker does not pass on ${refused.join(', ')}: allow the user to write and read it (docs/brokers.md, Login)`;
  return { subject, verdict: 'note', text };
}

/** Its own messages come at its start only: what it left on the broker tells of it. */
function homeAssistantSeen(prefix: string, retained: ReadonlyMap<string, string>): Finding {
  const subject = 'Home Assistant';
  const birth = retained.get(`${prefix}/status`);
  if (birth !== undefined) return { subject, verdict: 'ok', text: `says ${birth} on ${prefix}/status` };
  const found = retained.size === 0 ? 'nothing is' : `${retained.size} discovery messages are`;
  return {
    subject,
    verdict: retained.size === 0 ? 'note' : 'ok',
    text: `${found} retained under ${prefix}/`,
  };
}

function failed(subject: string, error: unknown): Finding {
  const verdict = error instanceof DaemonError ? error.exitCode : EXIT.bug;
  return { subject, verdict, text: error instanceof Error ? error.message : String(error) };
}
