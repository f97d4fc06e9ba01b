/** A real Home Assistant in a folder of its own, on loopback. Whatever a test does, it ends with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { HomeAssistantApi, makeOwner, post } from './api.ts';

const PORT = 8123;
const URL = `http://127.0.0.1:${PORT}`;
const START_DEADLINE_MS = 60_000;

/** What a Home Assistant says of itself at every start where it has no camera, no microphone and no internet. */
const FOREIGN: readonly RegExp[] = [
  /\[homeassistant\.bootstrap\] Skipping pip installation/,
  /\[homeassistant\.components\.network\]/,
  /\[haffmpeg\./,
  /\[homeassistant\.components\.camera\.img_util\]/,
  /\[homeassistant\.components\.(analytics|marketplace|hassio)\b/,
  /\[homeassistant\.config_entries\] Error setting up entry .* for (analytics|marketplace)/,
  /\[homeassistant\.loader\] We found a custom integration/,
];

/** `configuration.yaml` without what a test adds. */
const CONFIGURATION = `
homeassistant:
  name: Home
  time_zone: UTC
  unit_system: metric
http:
  server_host: 127.0.0.1
  server_port: ${PORT}
frontend:
config:
history:
logbook:
recorder:
  commit_interval: 1
statistics_now:
automation: !include automations.yaml
`;

/**
 * An integration for the tests: on the event `statistics_now` it compiles the statistics of the five minutes that run, as the
 * recorder does when they are over.
 */
const STATISTICS_NOW = `
from datetime import timedelta
from homeassistant.components.recorder import get_instance, tasks
from homeassistant.core import callback
from homeassistant.util import dt as dt_util

async def async_setup(hass, config):
    @callback
    def compile(event):
        now = dt_util.utcnow()
        start = now - timedelta(minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond)
        get_instance(hass).queue_task(tasks.StatisticsTask(start, False))
    hass.bus.async_listen("statistics_now", compile)
    return True
`;

export interface HomeAssistantOptions {
  /** Of the MQTT broker, on loopback. */
  readonly brokerPort: number;
  /** More lines of `configuration.yaml`. */
  readonly configuration?: string;
  readonly automations?: string;
  /** More files of the configuration's folder: name → text. */
  readonly files?: Readonly<Record<string, string>>;
}

export class HomeAssistantServer {
  readonly url: string = URL;
  readonly directory: string = mkdtempSync(join(tmpdir(), 'ifcast-home-assistant-'));
  readonly #root: string;
  #child: ChildProcess | null = null;
  #log = '';
  #token = '';
  #api: HomeAssistantApi | null = null;

  /** Starts a new one, makes its owner, and connects it to the broker. */
  static async start(options: HomeAssistantOptions): Promise<HomeAssistantServer> {
    const server = new HomeAssistantServer();
    try {
      server.#write(options);
      await server.#spawn();
      server.#token = await makeOwner(URL);
      server.#api = await HomeAssistantApi.open(URL, server.#token);
      // To listen on loopback alone is a setting that has to be confirmed, or it is taken back after five minutes.
      await server.api.call('http/config/promote');
      await server.#addBroker(options.brokerPort);
      // Not before: what listens to MQTT wants it set up.
      await server.#untilRunning();
      server.configure(options.configuration ?? '');
      server.write('automations.yaml', options.automations ?? '[]');
      await server.restart();
    } catch (error) {
      await server.close();
      throw new Error(`${error instanceof Error ? error.message : error}\n${server.#log}`, { cause: error });
    }
    return server;
  }

  private constructor() {
    const root = process.env['IFCAST_HOME_ASSISTANT'];
    if (root === undefined) throw new Error('run this with `npm run test:home-assistant`');
    this.#root = root;
  }

  get api(): HomeAssistantApi {
    if (this.#api === null) throw new Error('Home Assistant is not running');
    return this.#api;
  }

  get token(): string {
    return this.#token;
  }

  /** The lines at WARNING and above that are not about the machine that it runs on. */
  get complaints(): string[] {
    return this.#log
      .split(/\n(?=\d{4}-\d\d-\d\d )/)
      .filter((line) => / (WARNING|ERROR|CRITICAL) /.test(line))
      .filter((line) => !FOREIGN.some((pattern) => pattern.test(line)));
  }

  /** Writes a file of the configuration's folder. */
  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  /** Writes `configuration.yaml` with more lines than there always are. */
  configure(more: string): void {
    this.write('configuration.yaml', CONFIGURATION + more);
  }

  /** Lets the frontend begin with a dashboard, and not with questions about the house. */
  async finishOnboarding(): Promise<void> {
    await this.stop();
    const done = ['user', 'core_config', 'analytics', 'integration'];
    this.write(
      '.storage/onboarding',
      JSON.stringify({ version: 4, minor_version: 1, key: 'onboarding', data: { done } }),
    );
    await this.#spawn();
    this.#api = await HomeAssistantApi.open(URL, this.#token);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.#spawn();
    this.#api = await HomeAssistantApi.open(URL, this.#token);
  }

  /** Ends it as a shutdown does. */
  async stop(): Promise<void> {
    this.#api?.close();
    this.#api = null;
    const child = this.#child;
    if (child === null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child !== null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  #write({ files = {} }: HomeAssistantOptions): void {
    const component = join(this.directory, 'custom_components', 'statistics_now');
    mkdirSync(component, { recursive: true });
    writeFileSync(join(component, '__init__.py'), STATISTICS_NOW);
    const manifest = {
      domain: 'statistics_now',
      name: 'Statistics now',
      version: '1.0.0',
      dependencies: ['recorder'],
    };
    writeFileSync(join(component, 'manifest.json'), JSON.stringify(manifest));
    this.configure('');
    this.write('automations.yaml', '[]');
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  async #spawn(): Promise<void> {
    const mounts = `mount --rbind /proc "$1/proc"; mount --rbind /dev "$1/dev"; mount --bind "$2" "$1/mnt"
      exec chroot "$1" /venv/bin/python -m homeassistant -c /mnt --skip-pip --log-no-color`;
    const child = spawn(
      'setpriv',
      // It ends with this process even where that is killed; what is mounted goes with it.
      [
        '--pdeathsig',
        'KILL',
        'unshare',
        '--mount',
        '--propagation',
        'private',
        'sh',
        '-ec',
        mounts,
        'sh',
      ].concat([this.#root, this.directory]),
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C.UTF-8' },
      },
    );
    this.#child = child;
    const collect = (chunk: Buffer): void => {
      this.#log += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
    });
    await this.#untilRunning();
  }

  /** Waits until it answers; with a token, until it has started everything. */
  async #untilRunning(): Promise<void> {
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!(await isRunning(this.#token))) {
      if (this.#child === null) throw new Error(`Home Assistant ended:\n${this.#log}`);
      if (Date.now() > deadline) throw new Error(`Home Assistant does not start:\n${this.#log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #addBroker(port: number): Promise<void> {
    const path = '/api/config/config_entries/flow';
    const flow = await post(URL, path, { handler: 'mqtt', show_advanced_options: false }, this.#token);
    const other = { set_client_cert: false, set_ca_cert: 'off' };
    const answers = { broker: '127.0.0.1', port, other_settings: other };
    const entry = await post(URL, `${path}/${flow['flow_id']}`, answers, this.#token);
    if (entry['type'] !== 'create_entry')
      throw new Error(`the MQTT integration says ${JSON.stringify(entry)}`);
  }
}

async function isRunning(token: string): Promise<boolean> {
  try {
    if (token === '') return (await fetch(`${URL}/api/onboarding`)).ok;
    const response = await fetch(`${URL}/api/config`, { headers: { authorization: `Bearer ${token}` } });
    return response.ok && ((await response.json()) as { state: string }).state === 'RUNNING';
  } catch {
    return false;
  }
}
