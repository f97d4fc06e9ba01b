/** Daemons that are none: they publish what real ones would, as many and as often as a test or a benchmark wants. */
import { encodeMessage, type Info, type Stats, topicOf } from '@ifcast/protocol';
import { connectAsync, type MqttClient } from 'mqtt';

import { SimulatedInterface, simulatedInfo } from './simulated-traffic.ts';

/** One daemon, with a connection of its own and a last will. */
export class SimulatedDaemon {
  readonly host: string;
  readonly #client: MqttClient;
  readonly #base: string;

  /** Connects and says `online`. */
  static async connect(url: string, host: string, base = 'ifcast'): Promise<SimulatedDaemon> {
    const topic = topicOf(base, { kind: 'status', host });
    const client = await connectAsync(url, {
      reconnectPeriod: 100,
      queueQoSZero: false,
      will: { topic, payload: Buffer.from('offline'), qos: 1, retain: true },
    });
    const daemon = new SimulatedDaemon(client, host, base);
    await daemon.status('online');
    return daemon;
  }

  private constructor(client: MqttClient, host: string, base: string) {
    this.#client = client;
    this.host = host;
    this.#base = base;
  }

  async status(status: 'online' | 'offline'): Promise<void> {
    const topic = topicOf(this.#base, { kind: 'status', host: this.host });
    await this.#client.publishAsync(topic, status, { qos: 1, retain: true });
  }

  async info(info: Info): Promise<void> {
    const topic = topicOf(this.#base, { kind: 'info', host: this.host });
    await this.#client.publishAsync(topic, encodeMessage(info), { qos: 1, retain: true });
  }

  async stats(iface: string, stats: Stats): Promise<void> {
    await this.#client.publishAsync(
      topicOf(this.#base, { kind: 'stats', host: this.host, iface }),
      encodeMessage(stats),
    );
  }

  /** Anything on any topic. */
  async raw(topic: string, payload: string | Buffer, retain = false): Promise<void> {
    await this.#client.publishAsync(topic, payload, { retain });
  }

  /** Publishes without waiting, unless the connection is down. */
  broadcast(iface: string, stats: Stats): void {
    if (!this.#client.connected) return;
    this.#client.publish(
      topicOf(this.#base, { kind: 'stats', host: this.host, iface }),
      encodeMessage(stats),
    );
  }

  get connected(): boolean {
    return this.#client.connected;
  }

  /** Breaks the connection, so that the broker publishes the last will. */
  crash(): void {
    this.#client.options.reconnectPeriod = 0;
    this.#client.stream.destroy();
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}

/** A fleet of daemons that broadcast on their own. */
export class SimulatedFleet {
  readonly daemons: readonly SimulatedDaemon[];
  readonly #interfaces: {
    readonly daemon: SimulatedDaemon;
    readonly name: string;
    readonly traffic: SimulatedInterface;
  }[];
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | null = null;

  /**
   * Connects all daemons and tells what they are.
   *
   * @param names - `host/interface` of each interface
   */
  static async connect(url: string, names: readonly string[], intervalMs: number): Promise<SimulatedFleet> {
    const hosts = [...new Set(names.map((name) => name.split('/')[0]!))];
    const startedAt = Date.now();
    const daemons: SimulatedDaemon[] = [];
    for (const host of hosts) {
      const daemon = await SimulatedDaemon.connect(url, host);
      const interfaces = names
        .filter((name) => name.startsWith(`${host}/`))
        .map((name) => name.split('/')[1]!);
      await daemon.info(simulatedInfo(host, interfaces, startedAt, intervalMs));
      daemons.push(daemon);
    }
    return new SimulatedFleet(daemons, names, startedAt, intervalMs);
  }

  private constructor(
    daemons: readonly SimulatedDaemon[],
    names: readonly string[],
    startedAt: number,
    intervalMs: number,
  ) {
    this.daemons = daemons;
    this.#intervalMs = intervalMs;
    this.#interfaces = names.map((name, seed) => {
      const [host, iface] = name.split('/') as [string, string];
      return {
        daemon: daemons.find((candidate) => candidate.host === host)!,
        name: iface,
        traffic: new SimulatedInterface(seed, startedAt, intervalMs, 61_000),
      };
    });
  }

  /** Starts broadcasting; the interfaces take turns within each interval, as independent daemons would. */
  start(): void {
    const slices = Math.max(1, Math.min(this.#interfaces.length, Math.floor(this.#intervalMs / 10)));
    let slice = 0;
    this.#timer = setInterval(() => {
      for (let index = slice; index < this.#interfaces.length; index += slices) {
        const { daemon, name, traffic } = this.#interfaces[index]!;
        daemon.broadcast(name, traffic.next());
      }
      slice = (slice + 1) % slices;
    }, this.#intervalMs / slices);
  }

  /** Stops the broadcasts of one interface. */
  silence(name: string): void {
    const index = this.#interfaces.findIndex(({ daemon, name: iface }) => `${daemon.host}/${iface}` === name);
    if (index >= 0) this.#interfaces.splice(index, 1);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async close(): Promise<void> {
    this.stop();
    await Promise.all(this.daemons.map((daemon) => daemon.close()));
  }
}
