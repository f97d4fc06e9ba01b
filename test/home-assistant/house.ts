/** A broker, a real Home Assistant at it, and daemons on real interfaces: what a house has. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Ifcastd } from '../support/ifcastd.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import type { Row } from './api.ts';
import { Link } from './link.ts';
import { type HomeAssistantOptions, HomeAssistantServer } from './server.ts';

/** Seconds: as quick as it goes. */
const STATE_INTERVAL_S = 5;

export interface Entity {
  readonly entity_id: string;
  readonly unique_id: string;
  /** The registry's own id: the same as long as the entity is. */
  readonly id: string;
  readonly device_id: string;
  readonly name: string | null;
  readonly original_name: string;
  readonly original_icon: string | null;
  readonly original_device_class: string | null;
  readonly entity_category: string | null;
  readonly disabled_by: string | null;
  readonly platform: string;
  readonly capabilities: Row | null;
}

export interface Device {
  readonly id: string;
  readonly name: string;
  readonly model: string;
  readonly manufacturer: string;
  readonly sw_version: string;
  readonly via_device_id: string | null;
  readonly configuration_url: string | null;
  readonly identifiers: readonly (readonly string[])[];
}

export interface State {
  readonly entity_id: string;
  readonly state: string;
  readonly attributes: Row;
}

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** A file of the repository. */
export function read(name: string): string {
  return readFileSync(path(name), 'utf8');
}

export class House {
  readonly broker: Mosquitto;
  readonly link: Link;
  readonly server: HomeAssistantServer;
  readonly #open: { close(): unknown }[] = [];

  /** @param options - of Home Assistant */
  static async open(options: Omit<HomeAssistantOptions, 'brokerPort'> = {}): Promise<House> {
    const open: { close(): unknown }[] = [];
    try {
      const broker = await Mosquitto.start();
      open.push(broker);
      const link = await Link.make('eth0');
      open.push(link);
      const server = await HomeAssistantServer.start({ ...options, brokerPort: broker.port });
      open.push(server);
      return new House(broker, link, server, open);
    } catch (error) {
      for (const thing of open.reverse()) await thing.close();
      throw error;
    }
  }

  private constructor(
    broker: Mosquitto,
    link: Link,
    server: HomeAssistantServer,
    open: { close(): unknown }[],
  ) {
    this.broker = broker;
    this.link = link;
    this.server = server;
    this.#open = open;
  }

  async close(): Promise<void> {
    for (const thing of this.#open.splice(0).reverse()) await thing.close();
  }

  /** config/home-assistant/ifcast.toml for this broker. `more` are lines of `[home_assistant]`. */
  config(more: readonly string[] = []): string {
    return read('config/home-assistant/ifcast.toml')
      .replace(/^url = .*$/m, `url = "${this.broker.url}"`)
      .replace(/^username = .*$/m, '')
      .replace(/^host = .*$/m, (line) => `${line}\nstate_interval_s = ${STATE_INTERVAL_S}`)
      .replace(/^enabled = true$/m, ['enabled = true', ...more].join('\n'));
  }

  start(config: string = this.config()): Ifcastd {
    const daemon = new Ifcastd({ config });
    this.#open.push(daemon);
    return daemon;
  }

  /** Gives a daemon another configuration. */
  reload(daemon: Ifcastd, config: string): void {
    writeFileSync(daemon.configFile, config);
    daemon.child.kill('SIGHUP');
  }

  /** `ifcastd cleanup`. @returns what it has said */
  cleanup(...args: readonly string[]): string {
    const program = path('packages/daemon/bin/ifcastd.js');
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [program, 'cleanup', '-b', this.broker.url, ...args],
      {
        encoding: 'utf8',
      },
    );
    return stdout + stderr;
  }

  /** The entities that discovery has brought, by entity id, with all that the registry knows. */
  async entities(): Promise<Map<string, Entity>> {
    const { api } = this.server;
    const list = await api.call<Entity[]>('config/entity_registry/list');
    const ids = list
      .filter(({ platform, unique_id }) => platform === 'mqtt' && unique_id.startsWith('ifcast_'))
      .map(({ entity_id }) => entity_id);
    const entries = await api.call<Record<string, Entity>>('config/entity_registry/get_entries', {
      entity_ids: ids,
    });
    return new Map(Object.entries(entries));
  }

  /** Its devices, by name. */
  async devices(): Promise<Map<string, Device>> {
    const list = await this.server.api.call<Device[]>('config/device_registry/list');
    return new Map(
      list.filter(({ manufacturer }) => manufacturer === 'ifcast').map((each) => [each.name, each]),
    );
  }

  async states(): Promise<Map<string, State>> {
    const list = await this.server.api.call<State[]>('get_states');
    return new Map(list.map((each) => [each.entity_id, each]));
  }

  async state(id: string): Promise<string | undefined> {
    return (await this.states()).get(id)?.state;
  }

  /** Waits for a condition. @throws Error with what it was last */
  async until<T>(
    what: string,
    read: () => Promise<T>,
    holds: (value: T) => boolean,
    deadlineMs = 20_000,
    everyMs = 50,
  ): Promise<T> {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      const value = await read();
      if (holds(value)) return value;
      if (Date.now() > deadline) {
        const seen = JSON.stringify(value instanceof Map ? [...value] : value);
        throw new Error(`${what} did not come about; now: ${seen}\n${this.server.complaints.join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  /** Waits until an entity has a state. */
  async untilState(id: string, state: string): Promise<void> {
    await this.until(
      `${id} ${state}`,
      () => this.state(id),
      (now) => now === state,
    );
  }
}
