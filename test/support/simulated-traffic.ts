/** Traffic that looks like some, the same at every run: the totals of five filters as they would grow. */
import {
  DEFAULT_SIZE_UPPER_BOUNDS,
  type FilterCounts,
  type Info,
  type InfoFilter,
  type Stats,
} from '@ifcast/protocol';

/** What the simulated daemons count. */
export const SIMULATED_FILTERS: readonly InfoFilter[] = [
  { id: 'all', name: 'all', expression: '' },
  { id: 'https', name: 'tcp port 443', expression: 'tcp and port 443' },
  { id: 'dns', name: 'dns', expression: 'port 53 and (udp or tcp)' },
  { id: 'camera', name: 'camera', expression: 'host 192.0.2.17' },
  { id: 'ip6', name: 'ip6', expression: 'ip6' },
];

/** Share of each size bucket, per filter; packets per second on average; how much that swings. */
const SHAPES = [
  { sizes: [0.172, 0.057, 0.024, 0.029, 0.035, 0.28, 0.403], packetsPerS: 13_200, swing: 0.15, periodS: 47 },
  { sizes: [0.175, 0.103, 0.039, 0.035, 0.029, 0.274, 0.345], packetsPerS: 7_500, swing: 0.2, periodS: 31 },
  { sizes: [0.02, 0.41, 0.36, 0.17, 0.04, 0, 0], packetsPerS: 62, swing: 0.6, periodS: 11 },
  { sizes: [0.31, 0.02, 0, 0.01, 0.01, 0.65, 0], packetsPerS: 410, swing: 0.05, periodS: 23 },
  { sizes: [0.09, 0.22, 0.1, 0.05, 0.04, 0.2, 0.3], packetsPerS: 1_900, swing: 0.4, periodS: 61 },
] as const;

const MEAN_BYTES = [60, 92, 180, 370, 760, 1_300, 1_514];

/** One interface whose counters grow. */
export class SimulatedInterface {
  readonly #seed: number;
  readonly #since: string;
  readonly #intervalMs: number;
  readonly #sizes: bigint[][];
  readonly #bytes: bigint[];
  #seq = 0;
  #at: number;

  /**
   * @param seed - which of the many possible interfaces
   * @param startedAt - milliseconds since the epoch
   * @param before - how long it has been counting already, in seconds
   */
  constructor(seed: number, startedAt: number, intervalMs: number, before: number) {
    this.#seed = seed;
    this.#at = startedAt;
    this.#intervalMs = intervalMs;
    this.#since = new Date(startedAt - before * 1000).toISOString();
    this.#sizes = SHAPES.map((shape) =>
      shape.sizes.map((share) => BigInt(Math.round(shape.packetsPerS * share * before * this.#scale))),
    );
    this.#bytes = this.#sizes.map((sizes) =>
      sizes.reduce((sum, size, bucket) => sum + size * BigInt(MEAN_BYTES[bucket]!), 0n),
    );
  }

  /** The next broadcast, one interval after the one before. */
  next(): Stats {
    this.#at += this.#intervalMs;
    this.#seq++;
    const filters = SHAPES.map((shape, index): FilterCounts => {
      const wave = Math.sin((this.#at / 1000 + this.#seed * 7) * ((2 * Math.PI) / shape.periodS));
      const noise = hash(this.#seed * 31 + this.#seq * 5 + index) - 0.5;
      const packets =
        shape.packetsPerS * this.#scale * (1 + shape.swing * (wave + noise)) * (this.#intervalMs / 1000);
      const added = shape.sizes.map((share) => BigInt(Math.round(Math.max(0, packets) * share)));
      const bytes = added.reduce((sum, size, bucket) => sum + size * BigInt(MEAN_BYTES[bucket]!), 0n);
      const sizes = this.#sizes[index]!;
      for (const [bucket, size] of added.entries()) sizes[bucket]! += size;
      this.#bytes[index]! += bytes;
      const perS = 1000 / this.#intervalMs;
      return {
        id: SIMULATED_FILTERS[index]!.id,
        packets_total: sum(sizes),
        bytes_total: this.#bytes[index]!,
        packets_in_total: null,
        bytes_in_total: null,
        sizes_total: [...sizes],
        packets_per_s: Number(sum(added)) * perS,
        bits_per_s: Number(bytes) * 8 * perS,
      };
    });
    return {
      v: 1,
      ts: new Date(this.#at).toISOString(),
      seq: this.#seq,
      interval_ms: this.#intervalMs,
      since: this.#since,
      dropped_total: 0n,
      filters,
    };
  }

  /** Interfaces differ in how much they carry. */
  get #scale(): number {
    return this.#seed === 0 ? 1 : 0.02 + 1.5 * hash(this.#seed) ** 3;
  }
}

/** What a simulated daemon says of itself. */
export function simulatedInfo(
  host: string,
  interfaces: readonly string[],
  startedAt: number,
  delayMs: number,
): Info {
  return {
    v: 1,
    app: 'ifcast',
    version: '0.1.0',
    host,
    boot_id: `boot-of-${host}`,
    started_at: new Date(startedAt).toISOString(),
    delay_ms: delayMs,
    state_interval_s: 30,
    size_upper_bounds: DEFAULT_SIZE_UPPER_BOUNDS,
    filters: SIMULATED_FILTERS,
    interfaces: interfaces.map((name) => ({
      name,
      topic: name,
      backend: 'ebpf',
      hook: 'socket',
      packet: 'wire',
      link_type: 'EN10MB',
      state: 'counting',
      reason: null,
      notes: [],
      gap: null,
      link_mbit_per_s: 10_000,
    })),
    outputs: [],
    triggers: [],
  };
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

/** A number from 0 to 1 that looks random and never changes. */
function hash(value: number): number {
  const mixed = Math.sin(value * 12.9898) * 43_758.5453;
  return mixed - Math.floor(mixed);
}
